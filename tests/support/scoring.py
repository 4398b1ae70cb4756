"""A small world for tests of scoring: symbols, posts with cashtags, and what their buckets must be by a plain count."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from lib.db.ingest.posts import forget_posts, store_posts
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool
from lib.db.scoring import BatchResult, score_batch
from lib.db.symbols import all_listings
from lib.domain.posts import Post
from lib.domain.sentiment import BUCKET, Mention
from lib.domain.symbols import Listing
from lib.scoring.reader import Reader
from lib.scoring.registry import Scorer, get_scorer
from lib.text.copies import text_keys

SYMBOLS = ("AAPL", "MSFT", "TSLA")
DAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)

_POSTS = """
SELECT id, source, author, author_since, published_at, title, text FROM posts WHERE deleted_at IS NULL
ORDER BY published_at, id
"""
_SECRET = "SELECT text_salt FROM installation"
_HASH = "SELECT author_hash($1, $2)"
_BUCKETS = "SELECT * FROM sentiment_buckets"


class Cashtags:
    """Finds `$AAPL`, and nothing else; `before` is called with each text first."""

    def __init__(self, before: Callable[[str], None] = lambda text: None) -> None:
        self._before = before

    def resolve(self, text: str, *, lang: str | None = None, at: date | None = None) -> Iterable[Mention]:
        self._before(text)
        found: dict[str, Mention] = {}
        for tag in re.finditer(r"\$([A-Z]+)", text):
            found.setdefault(tag[1], Mention(tag[1], "cashtag", 0.99, tag.start(), tag.end()))
        return found.values()


def post(
    number: int,
    text: str,
    *,
    author: str | None = "ann",
    minute: float = 0,
    source: str = "test",
    author_since: datetime | None = None,
) -> Post:
    """Post `number`, published `minute` minutes into the tests' day."""
    return Post(
        source=source,
        external_id=str(number),
        published_at=DAY + timedelta(minutes=minute),
        text=text,
        author=author,
        author_since=author_since,
    )


async def store(pool: Pool, posts: Sequence[Post]) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(conn, posts)


async def make_reader(
    pool: Pool,
    *,
    symbols: Sequence[str] = SYMBOLS,
    before: Callable[[str], None] = lambda text: None,
    scorers: Sequence[Scorer] = (),
) -> Reader:
    """A reader of cashtags; the symbols are listed first. Without `scorers` it scores with vader@1."""
    async with pool.acquire() as conn, conn.transaction():
        await store_listings(conn, [Listing(symbol=symbol, name=symbol) for symbol in symbols])
    return Reader(await all_listings(pool), Cashtags(before), scorers or [get_scorer("vader@1")])


async def score_all(pool: Pool, reader: Reader, *, limit: int = 1000) -> list[BatchResult]:
    """Scores batch after batch until none is left."""
    results = []
    while (result := await score_batch(pool, reader, limit=limit)).taken:
        results.append(result)
    return results


async def forget(pool: Pool, number: int) -> None:
    """Post `number` is deleted at its source."""
    async with pool.acquire() as conn, conn.transaction():
        await forget_posts(conn, "test", [str(number)])


Key = tuple[str, str, str, datetime]


class Counts(NamedTuple):
    """A bucket without its key; of `author_posts` the order is that of the hashes."""

    posts: int = 0
    authors: int = 0
    positive: int = 0
    negative: int = 0
    score_sum: Decimal = Decimal()
    author_hashes: Sequence[int] = ()
    filtered_posts: int = 0
    filtered_positive: int = 0
    filtered_negative: int = 0
    filtered_score_sum: Decimal = Decimal()
    filtered_author_hashes: Sequence[int] = ()
    author_posts: Sequence[int] = ()
    most_by_one: int = 0
    aged_posts: int = 0
    new_account_posts: int = 0


class _Said(NamedTuple):
    author: str | None
    value: Decimal
    is_first: bool
    account_age: timedelta | None


async def counted_from_posts(pool: Pool, reader: Reader) -> dict[Key, Counts]:
    """What the buckets must be: read anew from every post that is left, and counted here."""
    symbols = {symbol_id: listing.symbol for symbol_id, listing in (await all_listings(pool)).items()}
    secret = (await pool.fetchval(_SECRET)).bytes
    groups: dict[Key, list[_Said]] = {}
    before: dict[int, datetime] = {}
    for _, source, author, author_since, published_at, title, text in await pool.fetch(_POSTS):
        reading = reader.read(title, text, per_mention=True)
        if not reading.mentions:
            continue
        stocks = [symbol_id for symbol_id, _ in sorted(reading.mentions, key=lambda pair: pair[1].start)]
        keys = text_keys(text, stocks, author=author and f"{source}\n{author}", secret=secret)
        is_first = not any(key in before and published_at - before[key] <= timedelta(days=3) for key in keys)
        before |= dict.fromkeys(keys, published_at)
        seconds = int(published_at.timestamp()) // int(BUCKET.total_seconds()) * int(BUCKET.total_seconds())
        start = datetime.fromtimestamp(seconds, UTC)
        age = published_at - author_since if author_since else None
        for place, (symbol_id, _) in enumerate(reading.mentions):
            if symbol_id in symbols:
                for scorer, values in zip(reader.scorers, reading.of_mentions, strict=True):
                    key = (symbols[symbol_id], scorer.name, source, start)
                    groups.setdefault(key, []).append(_Said(author, Decimal(str(values[place])), is_first, age))
    return {key: await _counts(pool, key[2], found) for key, found in groups.items()}


async def _counts(pool: Pool, source: str, said: list[_Said]) -> Counts:
    by_author = Counter(one.author for one in said if one.author is not None)
    hash_of = {author: await pool.fetchval(_HASH, source, author) for author in by_author}
    hashes = sorted((hash_of[author], posts) for author, posts in by_author.items())
    firsts = [one for one in said if one.is_first]
    first_authors = {one.author for one in firsts if one.author is not None}
    ages = [one.account_age for one in said if one.account_age is not None]
    return Counts(
        posts=len(said),
        authors=len(by_author),
        positive=sum(one.value >= Decimal("0.05") for one in said),
        negative=sum(one.value <= Decimal("-0.05") for one in said),
        score_sum=sum((one.value for one in said), Decimal()),
        author_hashes=[found for found, _ in hashes][:256],
        filtered_posts=len(firsts),
        filtered_positive=sum(one.value >= Decimal("0.05") for one in firsts),
        filtered_negative=sum(one.value <= Decimal("-0.05") for one in firsts),
        filtered_score_sum=sum((one.value for one in firsts), Decimal()),
        filtered_author_hashes=sorted(hash_of[author] for author in first_authors)[:256],
        author_posts=[posts for _, posts in hashes][:256],
        most_by_one=max(by_author.values(), default=0),
        aged_posts=len(ages),
        new_account_posts=sum(age < timedelta(days=30) for age in ages),
    )


async def stored_buckets(pool: Pool) -> dict[Key, Counts]:
    """The buckets as the database holds them, those with zeros included."""
    symbols = {symbol_id: listing.symbol for symbol_id, listing in (await all_listings(pool)).items()}
    scorers = {row["id"]: row["name"] for row in await pool.fetch("SELECT id, name FROM scorers")}
    return {
        (symbols[row["symbol_id"]], scorers[row["scorer_id"]], row["source"], row["start"]): Counts(
            **{name: row[name] for name in Counts._fields}
        )
        for row in await pool.fetch(_BUCKETS)
        if row["symbol_id"] in symbols
    }


async def assert_buckets_equal_posts(pool: Pool, reader: Reader) -> None:
    stored = await stored_buckets(pool)
    expected = await counted_from_posts(pool, reader)
    emptied = {key: counts for key, counts in stored.items() if key not in expected}
    assert {key: counts for key, counts in stored.items() if key in expected} == expected
    empty = Counts(author_hashes=[], filtered_author_hashes=[], author_posts=[])
    assert all(counts == empty for counts in emptied.values())
