"""Every path that changes what answers are made of is told of, in few rows, and none that changes nothing."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lib.collect.backfill import fill
from lib.collect.plans import plan_bars, queue_plan
from lib.db.coverage import record_coverage
from lib.db.ingest.actions import store_actions
from lib.db.ingest.bars import store_bars
from lib.db.ingest.posts import forget_authors, store_posts
from lib.db.ingest.renames import store_renames
from lib.db.ingest.sample import drop_sample
from lib.db.ingest.symbols import ensure_listings, store_listings
from lib.db.pool import Pool
from lib.db.scoring.rescoring import Rescoring
from lib.domain.bars import Action, Bar, Interval
from lib.domain.coverage import Coverage
from lib.domain.symbols import Listing, Rename
from lib.sources.archive.columns import Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from lib.sources.sample import load_sample
from lib.sources.yahoo.client import Yahoo
from tests.integration.test_backfill import END, START, asking, book
from tests.servers.yahoo import LocalYahoo
from tests.support.changes import News, Watch
from tests.support.rescoring import rescore_all
from tests.support.scoring import DAY, forget, make_reader, post, score_all, store

_SAMPLE = Path("deployments/local/sample")


@pytest.fixture
async def watch(pool: Pool) -> AsyncIterator[Watch]:
    """Looks on; at the end nothing may have changed in silence."""
    watching = Watch(pool)
    yield watching
    assert (await watching.news()).silent == set()


async def heard(watch: Watch) -> News:
    """What is new, with nothing of it left untold."""
    news = await watch.news()
    assert news.silent == set()
    return news


def bar(symbol: str, day: int, close: str, interval: Interval = "1d") -> Bar:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return Bar(symbol=symbol, interval=interval, start=start, open=None, high=None, low=None, close=Decimal(close))


async def store_some_bars(pool: Pool, bars: list[Bar]) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await store_bars(conn, bars, source="yahoo")


async def test_listings_and_renames(pool: Pool, watch: Watch) -> None:
    async with pool.acquire() as conn:
        await ensure_listings(conn, ["FB"])
        assert (await heard(watch)).kinds == {("listings", "FB")}
        await store_listings(conn, [Listing(symbol="FB", name="Facebook"), Listing(symbol="AAPL", name="Apple")])
        assert (await heard(watch)).kinds == {("listings", "FB"), ("listings", "AAPL")}
        await store_listings(conn, [Listing(symbol="FB", name="Facebook")])
        assert (await heard(watch)).told == []
        async with conn.transaction():
            await store_renames(conn, [Rename(old="FB", new="META", on=date(2022, 6, 9))])
        news = await heard(watch)
        assert news.kinds == {("listings", "FB"), ("listings", "META")}
        assert {change.symbol: change.removed for change in news.told} == {"FB": 1, "META": 0}


async def test_bars_new_corrected_and_unchanged(pool: Pool, watch: Watch) -> None:
    async with pool.acquire() as conn:
        await store_listings(conn, [Listing(symbol=symbol, name=symbol) for symbol in ("AAPL", "MSFT")])
    await heard(watch)
    await store_some_bars(pool, [bar(symbol, day, "10") for symbol in ("AAPL", "MSFT") for day in range(300)])
    told = (await heard(watch)).told
    assert [(change.symbol, change.part, change.written) for change in told] == [
        ("AAPL", "1d", 300),
        ("MSFT", "1d", 300),
    ]
    assert (told[0].since, told[0].until) == (bar("AAPL", 0, "1").start, bar("AAPL", 300, "1").start)
    newest = json.loads(told[0].newest)
    assert [item["start"] for item in newest] == [f"2026-10-{day}T00:00:00Z" for day in (27, 26, 25, 24, 23)]
    await store_some_bars(pool, [bar("AAPL", day, "10") for day in range(300)])
    assert (await heard(watch)).told == []
    await store_some_bars(pool, [bar("AAPL", 3, "11"), bar("AAPL", 300, "12"), bar("AAPL", 5, "7", "1h")])
    told = (await heard(watch)).told
    assert [(change.symbol, change.part, change.written) for change in told] == [("AAPL", "1d", 2), ("AAPL", "1h", 1)]
    assert [(item["start"][:10], item["close"]) for item in json.loads(told[0].newest)] == [
        ("2026-10-28", 12), ("2026-01-04", 11),
    ]  # fmt: skip


async def test_actions(pool: Pool, watch: Watch) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await store_listings(conn, [Listing(symbol="AAPL", name="Apple")])
        await store_actions(
            conn, [Action(symbol="AAPL", kind="split", ex_date=date(2026, 1, 2), value=Decimal(2))], source="yahoo"
        )
    assert (await heard(watch)).kinds == {("listings", "AAPL"), ("actions", "AAPL")}


async def test_coverage(pool: Pool, watch: Watch) -> None:
    async with pool.acquire() as conn, conn.transaction():
        for state in ("ok", "denied"):
            await record_coverage(
                conn,
                Coverage(
                    source="reddit", stream="posts", window_start=DAY, window_end=DAY + timedelta(hours=1), state=state
                ),
            )
    (change,) = (await heard(watch)).told
    assert (change.kind, change.part, change.written) == ("coverage", "reddit", 2)
    assert json.loads(change.newest) == [{"state": "denied"}, {"state": "ok"}]


async def test_scoring_editing_rescoring_and_forgetting(pool: Pool, watch: Watch) -> None:
    reader = await make_reader(pool)
    await heard(watch)
    await store(pool, [post(n, f"$AAPL great {n}", author=f"a{n}", minute=n) for n in range(20)])
    assert (await heard(watch)).told == []
    await score_all(pool, reader)
    (change,) = (await heard(watch)).told
    assert (change.kind, change.symbol, change.part, change.written) == ("sentiment", "AAPL", "vader@1", 4)
    assert [item["posts"] for item in json.loads(change.newest)] == [5, 5, 5, 5]
    await rescore_all(pool, Rescoring(scorer="korean@1"))
    news = await heard(watch)
    assert {(change.kind, change.part) for change in news.told} == {("sentiment", "korean@1")}
    # an edit takes the words away at once; the buckets follow with the reading
    await store(pool, [post(3, "$MSFT awful", author="a3", minute=3)])
    assert (await heard(watch)).kinds == {("posts", "AAPL")}
    await score_all(pool, reader)
    assert {("sentiment", "AAPL"), ("sentiment", "MSFT")} <= (await heard(watch)).kinds
    await forget(pool, 4)
    assert (await heard(watch)).kinds == {("posts", "AAPL")}
    await score_all(pool, reader)
    assert ("sentiment", "AAPL") in (await heard(watch)).kinds
    async with pool.acquire() as conn, conn.transaction():
        await forget_authors(conn, "test", {"a5": DAY + timedelta(days=1), "a6": DAY + timedelta(days=1)})
    assert (await heard(watch)).kinds == {("posts", "AAPL")}
    await score_all(pool, reader)
    assert ("sentiment", "AAPL") in (await heard(watch)).kinds


async def test_a_reading_that_changes_no_count_is_told(pool: Pool, watch: Watch) -> None:
    """The bucket stays as it is, the text that is shown does not."""
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great")])
    await score_all(pool, reader)
    await heard(watch)
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(conn, [post(1, "oh, $AAPL great")])
    await score_all(pool, reader)
    assert {change.symbol for change in (await heard(watch)).told} == {"AAPL"}


async def test_marks_that_nobody_sees_are_not_told(pool: Pool, watch: Watch) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great")])
    await score_all(pool, reader)
    await heard(watch)
    await pool.execute("UPDATE posts SET verify_after = clock_timestamp()")
    assert (await heard(watch)).told == []


async def test_the_sample_loaded_scored_and_removed(pool: Pool, watch: Watch) -> None:
    await load_sample(pool, _SAMPLE, now=datetime.now(UTC))
    news = await heard(watch)
    symbols = {symbol for kind, symbol in news.kinds if kind == "listings"}
    assert len(symbols) > 5
    assert {("bars", symbol) for symbol in symbols} <= news.kinds
    rows = await pool.fetchval("SELECT count(*) FROM bars")
    assert len(news.told) < rows / 20
    await score_all(pool, await make_reader(pool, symbols=()), limit=5000)
    await heard(watch)
    async with pool.acquire() as conn, conn.transaction():
        await drop_sample(conn)
    news = await heard(watch)
    assert {("bars", symbol) for symbol in symbols} | {("listings", symbol) for symbol in symbols} <= news.kinds
    assert all(change.newest == "[]" for change in news.told if change.removed)
    # one for each kind, symbol and part, though a cascade deletes row by row
    assert len(news.told) == len({(change.kind, change.symbol, change.part) for change in news.told})


async def test_archives(pool: Pool, watch: Watch, tmp_path: Path) -> None:
    async def load(kind: Kind, name: str, text: str) -> None:
        file = tmp_path / name
        file.write_text(text)
        await import_file(pool, file, ImportOptions(kind=kind), rejects=tmp_path / f"{name}.rejects")

    await load("symbols", "symbols.csv", "symbol,name\nAAPL,Apple\n")
    assert (await heard(watch)).kinds == {("listings", "AAPL")}
    lines = "".join(f"AAPL,{date(2020, 1, 1) + timedelta(days=n)},1,2,0.5,1.5,1.5,9\n" for n in range(1500))
    await load("bars", "bars.csv", f"symbol,date,open,high,low,close,adj_close,volume\n{lines}")
    told = (await heard(watch)).told
    assert {(change.kind, change.symbol) for change in told} == {("bars", "AAPL")}
    assert (sum(change.written for change in told), len(told) < 10) == (1500, True)
    posts = [
        {"source": "x", "external_id": str(n), "published_at": DAY.isoformat(), "text": "$AAPL great"}
        for n in range(50)
    ]
    await load("posts", "posts.jsonl", "".join(json.dumps(each) + "\n" for each in posts))
    await score_all(pool, await make_reader(pool))
    assert ("sentiment", "AAPL") in (await heard(watch)).kinds


async def test_a_backfill(pool: Pool, watch: Watch, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(book())
    async with pool.acquire() as conn:
        await store_listings(conn, [Listing(symbol="AAPL", name="Apple Inc.", exchange="NASDAQ")])
    await heard(watch)
    plan = await plan_bars(pool, source, ("AAPL",), "1d", START, END)
    await fill(pool, asking(source), ids=await queue_plan(pool, plan))
    news = await heard(watch)
    assert {("bars", "AAPL"), ("coverage", "yahoo")} <= news.kinds
    assert len(news.told) < 10


async def test_millions_of_rows_would_be_few(pool: Pool, watch: Watch) -> None:
    """A statement tells as many rows as there are symbols and parts in it, whatever its size."""
    async with pool.acquire() as conn:
        await store_listings(conn, [Listing(symbol=symbol, name=symbol) for symbol in ("AAPL", "MSFT")])
    await pool.execute("""
        INSERT INTO bars (interval, symbol_id, start, close, source, observed_at)
        SELECT '1m', s.id, '2020-01-01Z'::timestamptz + n * INTERVAL '1 minute', 10, 'test', clock_timestamp()
        FROM symbols s CROSS JOIN generate_series(1, 50000) AS n
    """)
    await heard(watch)
    await pool.execute("UPDATE bars SET close = 11")
    told = (await heard(watch)).told
    assert [(change.symbol, change.written) for change in told] == [("AAPL", 50000), ("MSFT", 50000)]


@pytest.mark.parametrize("table", ["bars", "sentiment_buckets", "corporate_actions", "coverage", "mentions"])
async def test_a_truncated_table_is_told_as_everything(pool: Pool, table: str) -> None:
    watch = Watch(pool)
    await watch.news()
    await pool.execute(f"TRUNCATE {table} CASCADE")
    assert ("everything", "") in (await watch.news()).kinds
