"""A small world for tests of scoring: symbols, posts with cashtags, and what their buckets must be by a plain count."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from lib.db.ingest.posts import store_posts
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool
from lib.db.scoring import BatchResult, score_batch
from lib.db.symbols import all_listings
from lib.domain.posts import Post
from lib.domain.sentiment import BUCKET, Mention
from lib.domain.symbols import Listing
from lib.scoring.reader import Reader
from lib.scoring.registry import Scorer, get_scorer

SYMBOLS = ("AAPL", "MSFT", "TSLA")
DAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)

_POSTS = "SELECT source, author, published_at, title, text FROM posts WHERE deleted_at IS NULL"
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


def post(number: int, text: str, *, author: str | None = "ann", minute: float = 0, source: str = "test") -> Post:
    """Post `number`, published `minute` minutes into the tests' day."""
    published_at = DAY + timedelta(minutes=minute)
    return Post(source=source, external_id=str(number), published_at=published_at, text=text, author=author)


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


Key = tuple[str, str, str, datetime]
Counts = tuple[int, int, int, int, Decimal, list[int]]


async def counted_from_posts(pool: Pool, reader: Reader) -> dict[Key, Counts]:
    """What the buckets must be: read anew from every post that is left, and counted here."""
    symbols = {symbol_id: listing.symbol for symbol_id, listing in (await all_listings(pool)).items()}
    groups: dict[Key, list[tuple[str | None, float]]] = {}
    for source, author, published_at, title, text in await pool.fetch(_POSTS):
        reading = reader.read(title, text)
        seconds = int(published_at.timestamp()) // int(BUCKET.total_seconds()) * int(BUCKET.total_seconds())
        start = datetime.fromtimestamp(seconds, UTC)
        for symbol_id, _ in reading.mentions:
            if symbol_id in symbols:
                for scorer, score in zip(reader.scorers, reading.scores, strict=True):
                    key = (symbols[symbol_id], scorer.name, source, start)
                    groups.setdefault(key, []).append((author, score.value))
    return {key: await _counts(pool, key[2], found) for key, found in groups.items()}


async def _counts(pool: Pool, source: str, found: list[tuple[str | None, float]]) -> Counts:
    authors = {author for author, _ in found if author is not None}
    hashes = sorted({await pool.fetchval(_HASH, source, author) for author in authors})
    values = [Decimal(str(value)) for _, value in found]
    positive = sum(value >= Decimal("0.05") for value in values)
    negative = sum(value <= Decimal("-0.05") for value in values)
    return len(found), len(authors), positive, negative, sum(values, Decimal()), hashes[:256]


async def stored_buckets(pool: Pool) -> dict[Key, Counts]:
    """The buckets as the database holds them, those with zeros included."""
    symbols = {symbol_id: listing.symbol for symbol_id, listing in (await all_listings(pool)).items()}
    scorers = {row["id"]: row["name"] for row in await pool.fetch("SELECT id, name FROM scorers")}
    return {
        (symbols[row["symbol_id"]], scorers[row["scorer_id"]], row["source"], row["start"]): (
            row["posts"],
            row["authors"],
            row["positive"],
            row["negative"],
            row["score_sum"],
            row["author_hashes"],
        )
        for row in await pool.fetch(_BUCKETS)
        if row["symbol_id"] in symbols
    }


async def assert_buckets_equal_posts(pool: Pool, reader: Reader) -> None:
    stored = await stored_buckets(pool)
    expected = await counted_from_posts(pool, reader)
    emptied = {key: counts for key, counts in stored.items() if key not in expected}
    assert {key: counts for key, counts in stored.items() if key in expected} == expected
    assert all(counts == (0, 0, 0, 0, 0, []) for counts in emptied.values())
