"""Reads the newest values of many symbols at once: what is said of them, and their prices. It does not judge them.

Each statement covers every symbol that is asked about. What is read is what is known now; nothing here has an `as_of`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from lib.db.pool import Connection
from lib.domain.alerts import WINDOWS, Window
from lib.domain.buzz import PERIODS

Asked = tuple[int, Window]
"""A symbol's id, and a window."""

_SAID = """
SELECT a.symbol_id, a.name, i.posts, i.authors, i.score, i.filtered_posts, i.filtered_authors, i.filtered_score
FROM unnest($2::integer[], $3::text[], $4::interval[]) AS a (symbol_id, name, length)
JOIN scorers c ON c.name = $1
CROSS JOIN LATERAL sentiment_intervals(
    a.symbol_id, c.id, NULL, a.length, $5::timestamptz - a.length, $5::timestamptz - a.length, $5, 'infinity'
) i
"""

_HISTORIES = """
SELECT a.symbol_id, a.name, h.posts, h.filtered_posts, h.older
FROM unnest($2::integer[], $3::text[], $4::interval[]) AS a (symbol_id, name, length)
JOIN scorers c ON c.name = $1
CROSS JOIN LATERAL posts_before(a.symbol_id, c.id, NULL, $5::timestamptz - a.length, a.length, $6, 'infinity') h
"""

# Of one trading date what was learned last is the newest: the close, once it is there. A daily bar says only its date,
# and dates are compared in UTC, where every exchange's session lies within one.
_PRICES = """
SELECT a.symbol_id, p.close, p.interval, p.start, (p.start AT TIME ZONE 'UTC')::date AS day
FROM unnest($1::integer[]) AS a (symbol_id)
CROSS JOIN LATERAL (
    SELECT b.* FROM unnest(ARRAY['1m', '1h', '1d']) AS i (interval)
    CROSS JOIN LATERAL (
        SELECT n.close, n.interval, n.start, n.observed_at FROM bars n
        WHERE n.interval = i.interval AND n.symbol_id = a.symbol_id AND n.start >= $2
        ORDER BY n.start DESC LIMIT 1
    ) b
    ORDER BY (b.start AT TIME ZONE 'UTC')::date DESC, b.observed_at DESC LIMIT 1
) p
"""

# the last price at a moment: a bar within the day that had begun by then, or the close of an earlier date
_PRICES_BEFORE = """
SELECT a.symbol_id, a.name, p.close, (p.start AT TIME ZONE 'UTC')::date AS day
FROM unnest($1::integer[], $2::text[], $3::timestamptz[]) AS a (symbol_id, name, moment)
CROSS JOIN LATERAL (
    SELECT b.* FROM unnest(ARRAY['1m', '1h', '1d']) AS i (interval)
    CROSS JOIN LATERAL (
        SELECT n.close, n.interval, n.start FROM bars n
        WHERE n.interval = i.interval AND n.symbol_id = a.symbol_id AND n.start > a.moment - $4::interval
          AND n.start <= CASE WHEN i.interval = '1d' THEN date_trunc('day', a.moment, 'UTC') - INTERVAL '1 day'
                              ELSE a.moment END
        ORDER BY n.start DESC LIMIT 1
    ) b
    ORDER BY (b.start AT TIME ZONE 'UTC')::date DESC, (b.interval = '1d') DESC, b.start DESC LIMIT 1
) p
"""

_SPLITS = """
SELECT DISTINCT ON (symbol_id, ex_date) symbol_id, ex_date, value
FROM corporate_actions
WHERE symbol_id = ANY($1::integer[]) AND kind = 'split' AND ex_date > $2
ORDER BY symbol_id, ex_date, observed_at DESC
"""


class Said(NamedTuple):
    """Posts and distinct authors of a window, and the mean score; `filtered_…` without copies."""

    posts: int
    authors: int
    score: Decimal | None
    filtered_posts: int
    filtered_authors: int
    filtered_score: Decimal | None


SILENCE = Said(0, 0, None, 0, 0, None)


class History(NamedTuple):
    """Posts of the PERIODS windows before one, the latest first, and whether there are any before those."""

    posts: list[int]
    filtered_posts: list[int]
    older: bool


class Price(NamedTuple):
    """The newest close of any bar; `moment` is the bar's start in UTC, `day` its trading date."""

    close: Decimal
    moment: datetime
    day: date
    is_daily: bool


class PriceBefore(NamedTuple):
    """A close of the past, and its trading date."""

    close: Decimal
    day: date


async def said(conn: Connection, scorer: str, asked: Collection[Asked], until: datetime) -> dict[Asked, Said]:
    """Each window of `asked` that ends at `until` and has posts."""
    if not asked:
        return {}
    rows = await conn.fetch(_SAID, scorer, *_columns(asked), until)
    return {(row[0], row[1]): Said(*row[2:]) for row in map(tuple, rows)}


async def histories(conn: Connection, scorer: str, asked: Collection[Asked], until: datetime) -> dict[Asked, History]:
    """What preceded each window of `asked` that ends at `until`."""
    if not asked:
        return {}
    rows = await conn.fetch(_HISTORIES, scorer, *_columns(asked), until, PERIODS)
    return {(row[0], row[1]): History(*row[2:]) for row in map(tuple, rows)}


async def prices(conn: Connection, symbols: Collection[int], since: datetime) -> dict[int, Price]:
    """The newest price of each of `symbols` that has a bar from `since` on."""
    if not symbols:
        return {}
    rows = await conn.fetch(_PRICES, sorted(symbols), since)
    return {row["symbol_id"]: Price(row["close"], row["start"], row["day"], row["interval"] == "1d") for row in rows}


async def prices_before(
    conn: Connection, asked: Mapping[Asked, datetime], *, no_older: timedelta
) -> dict[Asked, PriceBefore]:
    """The last price at each moment (UTC), if it is younger than `no_older` was then."""
    if not asked:
        return {}
    ids, names = [symbol for symbol, _ in asked], [name for _, name in asked]
    rows = await conn.fetch(_PRICES_BEFORE, ids, names, list(asked.values()), no_older)
    return {(row["symbol_id"], row["name"]): PriceBefore(row["close"], row["day"]) for row in rows}


async def splits(conn: Connection, symbols: Collection[int], since: date) -> dict[int, list[tuple[date, Decimal]]]:
    """The splits of `symbols` after the day `since`: each ex-date with the new shares per old one."""
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for symbol, day, factor in await conn.fetch(_SPLITS, sorted(symbols), since) if symbols else ():
        found[symbol].append((day, factor))
    return found


def _columns(asked: Collection[Asked]) -> tuple[Sequence[int], Sequence[str], Sequence[timedelta]]:
    ordered = sorted(asked)
    return (
        [symbol for symbol, _ in ordered],
        [name for _, name in ordered],
        [WINDOWS[name] for _, name in ordered],
    )
