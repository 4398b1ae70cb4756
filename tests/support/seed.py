"""Puts rows into a test's database with plain SQL, each call one committed observation. It does not use the code
under test.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from lib.db.pool import Connection, Pool

_SYMBOL = """
INSERT INTO symbols (symbol, name, name_ko, aliases, exchange, currency, sample)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""

_BAR = """
INSERT INTO bars SELECT $1, s.id, $3, $4, $5, $6, $7, $8, $9, $10, begin_observation()
FROM symbols s WHERE s.symbol = $2
ON CONFLICT (interval, symbol_id, start) DO UPDATE SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low,
    close = EXCLUDED.close, adj_close = EXCLUDED.adj_close, volume = EXCLUDED.volume, source = EXCLUDED.source,
    observed_at = EXCLUDED.observed_at
"""

_BUCKET = """
INSERT INTO sentiment_buckets
SELECT s.id, c.id, $3, $4, $5, $6, $7, $8, $9, $10, begin_observation(), $11, $12, $13, $14, $15, $16, $17, $18, $19
FROM symbols s, scorers c WHERE s.symbol = $1 AND c.name = $2
ON CONFLICT (symbol_id, scorer_id, start, source) DO UPDATE SET posts = EXCLUDED.posts, authors = EXCLUDED.authors,
    positive = EXCLUDED.positive, negative = EXCLUDED.negative, score_sum = EXCLUDED.score_sum,
    author_hashes = EXCLUDED.author_hashes, filtered_posts = EXCLUDED.filtered_posts,
    filtered_positive = EXCLUDED.filtered_positive, filtered_negative = EXCLUDED.filtered_negative,
    filtered_score_sum = EXCLUDED.filtered_score_sum, filtered_author_hashes = EXCLUDED.filtered_author_hashes,
    author_posts = EXCLUDED.author_posts, most_by_one = EXCLUDED.most_by_one, aged_posts = EXCLUDED.aged_posts,
    new_account_posts = EXCLUDED.new_account_posts, observed_at = EXCLUDED.observed_at
"""

_ACTION = """
INSERT INTO corporate_actions SELECT s.id, $2, $3, $4, 'test', begin_observation() FROM symbols s WHERE s.symbol = $1
"""

_POST = """
INSERT INTO posts (source, external_id, author, published_at, observed_at, lang, title, text, url)
VALUES ($1, $2, $3, $4, begin_observation(), $5, $6, $7, $8) RETURNING id
"""

_MENTION = """
INSERT INTO mentions SELECT p.id, s.id, p.published_at, 'cashtag', 0.99, 0, 5
FROM posts p, symbols s WHERE p.id = $1 AND s.symbol = $2
"""

_SCORE = """
INSERT INTO scores SELECT $1, c.id, $3, $4, $5::text::jsonb, clock_timestamp() FROM scorers c WHERE c.name = $2
"""

_MENTION_SCORE = """
INSERT INTO mention_scores SELECT $1, s.id, c.id, $4, $5 FROM scorers c, symbols s WHERE s.symbol = $2 AND c.name = $3
"""

_COVERAGE = """
INSERT INTO coverage (source, stream, window_start, window_end, state, reason, asked, received, observed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, begin_observation())
"""

_SPEND = "INSERT INTO spend (source, day, unit, units, dollars, calls) VALUES ($1, $2, $3, $4, $5, $6)"

_CIRCUIT = "INSERT INTO circuits (source, scope, credential, reason, hint) VALUES ($1, $2, $3, $4, $5)"

_GAP = """
INSERT INTO gaps (source, stream, window_start, window_end, origin, reason, state, closed_at, closing)
VALUES ($1, $2, $3, $4, 'found', $5, $6, CASE WHEN $6 <> 'open' THEN clock_timestamp() END, $7)
"""

_DUE = "UPDATE posts SET verify_after = $2 WHERE id = $1"

Db = Pool | Connection


async def add_scorer(db: Db, name: str = "finance@1") -> None:
    """A scorer that has scored before."""
    await db.execute("INSERT INTO scorers (name) VALUES ($1)", name)


async def add_symbol(
    db: Db,
    symbol: str,
    name: str = "A Company",
    *,
    name_ko: str | None = None,
    aliases: Sequence[str] = (),
    exchange: str | None = "NASDAQ",
    currency: str | None = "USD",
    sample: bool = False,
) -> int:
    """A listing; returns its id."""
    found: int = await db.fetchval(_SYMBOL, symbol, name, name_ko, list(aliases), exchange, currency, sample)
    return found


async def add_bar(
    db: Db,
    symbol: str,
    start: datetime,
    close: float | str,
    *,
    interval: str = "1d",
    adj_close: float | str | None = None,
    volume: int | None = 100,
    source: str = "test",
) -> None:
    """A bar whose open, high and low lie around `close`; one that is there is corrected."""
    price = Decimal(str(close))
    adjusted = None if adj_close is None else Decimal(str(adj_close))
    await db.execute(_BAR, interval, symbol, start, price - 1, price + 2, price - 2, price, adjusted, volume, source)


async def add_bucket(
    db: Db,
    symbol: str,
    start: datetime,
    scores: Iterable[float],
    *,
    authors: Sequence[int] = (),
    copies: int = 0,
    new_accounts: int | None = None,
    source: str = "reddit",
    scorer: str = "finance@1",
) -> None:
    """A bucket of posts with these scores by these authors (hashes; default: one each), of which the last `copies` are
    copies, and so many are by new accounts (None: no account's age is known); one that is there is replaced.
    """
    values = list(scores)
    wrote = list(authors) or list(range(1, len(values) + 1))
    hashes = sorted(set(wrote))
    firsts = values[: len(values) - copies]
    by_author = Counter(wrote)
    await db.execute(
        _BUCKET,
        symbol,
        scorer,
        source,
        start,
        len(values),
        len(hashes),
        *_sums(values),
        hashes,
        len(firsts),
        *_sums(firsts),
        sorted(set(wrote[: len(firsts)])),
        [by_author[found] for found in hashes],
        max(by_author.values(), default=0),
        0 if new_accounts is None else len(values),
        new_accounts or 0,
    )


def _sums(values: Sequence[float]) -> tuple[int, int, Decimal]:
    return (
        sum(value >= 0.05 for value in values),
        sum(value <= -0.05 for value in values),
        sum((Decimal(str(value)) for value in values), Decimal(0)),
    )


async def add_action(db: Db, symbol: str, day: datetime, kind: str, value: str) -> None:
    """A dividend or a split."""
    await db.execute(_ACTION, symbol, day.date(), kind, Decimal(value))


async def add_post(
    db: Db,
    symbol: str,
    published_at: datetime,
    text: str = "$AAPL great",
    *,
    external_id: str,
    source: str = "reddit",
    score: float | None = 0.5,
    of_mention: float | None = None,
    scorer: str = "finance@1",
) -> int:
    """A post that mentions `symbol`, scored unless `score` is None, the mention by itself with `of_mention` (default:
    as the text); returns its id.
    """
    post_id: int = await db.fetchval(_POST, source, external_id, "someone", published_at, "en", None, text, None)
    await db.execute(_MENTION, post_id, symbol)
    if score is not None:
        terms = json.dumps([["great", 6, 11, score]])
        await db.execute(_SCORE, post_id, scorer, Decimal(str(score)), _label(score), terms)
        own = score if of_mention is None else of_mention
        await db.execute(_MENTION_SCORE, post_id, symbol, scorer, Decimal(str(own)), _label(own))
    return post_id


def _label(score: float) -> str:
    return "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"


async def add_coverage(
    db: Db,
    source: str,
    stream: str,
    until: datetime,
    *,
    state: str = "ok",
    reason: str = "",
    asked: int = 10,
    received: int = 7,
    length: timedelta = timedelta(minutes=15),
) -> None:
    """What came when `source` was asked for the window that ends at `until`."""
    await db.execute(_COVERAGE, source, stream, until - length, until, state, reason, asked, received)


async def add_spend(
    db: Db, source: str, day: date, dollars: str, *, unit: str = "posts", units: int = 100, calls: int = 1
) -> None:
    """What `source` cost on a UTC day."""
    await db.execute(_SPEND, source, day, unit, units, Decimal(dollars), calls)


async def add_circuit(
    db: Db, source: str, credential: str, reason: str, *, scope: str = "", hint: str = "Renew the token."
) -> None:
    """An open circuit of the credential with this fingerprint."""
    await db.execute(_CIRCUIT, source, scope, credential, reason, hint)


async def add_gap(
    db: Db,
    source: str,
    stream: str,
    start: datetime,
    *,
    length: timedelta = timedelta(hours=1),
    state: str = "open",
    reason: str = "not covered",
) -> None:
    """A gap; one that is not open was closed just now."""
    closing = "" if state == "open" else f"{state} in a test"
    await db.execute(_GAP, source, stream, start, start + length, reason, state, closing)


async def make_due(db: Db, post_id: int, since: datetime) -> None:
    """The post should be looked at again from `since` on."""
    await db.execute(_DUE, post_id, since)


async def now(db: Db) -> datetime:
    """The database's clock: what was committed before is known at this moment."""
    moment: datetime = await db.fetchval("SELECT clock_timestamp()")
    return moment.astimezone(UTC)
