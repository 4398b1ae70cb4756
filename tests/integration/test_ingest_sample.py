"""The sample archive comes, ends about now, touches nothing real, and goes without a trace."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from deployments.cli.sample import FOLDER
from lib.db.ingest import Written
from lib.db.ingest.bars import store_bars
from lib.db.ingest.sample import drop_sample
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool
from lib.db.symbols import all_listings
from lib.domain.bars import Bar, trading_day
from lib.domain.symbols import Listing
from lib.errors import ArchiveError
from lib.sources.sample import load_sample
from tests.support.tables import digest_of_all_tables

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # a Wednesday, 38 weeks and 2 days after the reference


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sample archive of two symbols; the reference is a Monday."""
    (tmp_path / "manifest.json").write_text(
        json.dumps(
            {"reference": "2026-03-02T00:00:00Z", "files": ["symbols.csv", "bars_1d.csv", "bars_1m.csv", "posts.jsonl"]}
        )
    )
    (tmp_path / "symbols.csv").write_text(
        "symbol,name,name_ko,aliases\nAAPL,Apple,애플,\n005930.KS,Samsung,삼성전자,삼전|SEC\n"
    )
    (tmp_path / "bars_1d.csv").write_text(
        "symbol,date,close,volume\n"
        + "".join(f"{s},2026-{d},5.5,1\n" for s in ("AAPL", "005930.KS") for d in ("02-27", "03-03", "03-04"))
    )
    (tmp_path / "bars_1m.csv").write_text(
        "symbol,start,close,volume\nAAPL,2026-03-04T15:29:00Z,5,1\nAAPL,2026-03-04T15:30:00Z,5,1\n"
    )
    rows = [
        ("2026-03-02T10:00:00Z", "past"),
        ("2026-03-04T15:29:00Z", "a minute ago"),
        ("2026-03-06T10:00:00Z", "to come"),
    ]
    (tmp_path / "posts.jsonl").write_text(
        "".join(
            json.dumps({"source": "sample", "external_id": t, "published_at": t, "text": text}) + "\n"
            for t, text in rows
        )
    )
    return tmp_path


async def drop(pool: Pool) -> dict[str, int]:
    async with pool.acquire() as conn, conn.transaction():
        return await drop_sample(conn)


async def test_it_is_moved_by_whole_weeks_to_end_now(pool: Pool, folder: Path) -> None:
    loaded = await load_sample(pool, folder, now=NOW)
    assert (loaded.listings, loaded.posts, loaded.bars) == (Written(2, 0, 0), Written(2, 0, 0), Written(5, 0, 0))
    assert loaded.later == 4
    newest = await pool.fetchval("SELECT max(published_at) FROM posts WHERE source = 'sample'")
    assert newest == datetime(2026, 11, 25, 15, 29, tzinfo=UTC)
    starts = await pool.fetch("SELECT start FROM bars WHERE interval = '1d' AND source = 'sample' ORDER BY start")
    assert [row["start"].date() for row in starts] == [date(2026, 11, 20)] * 2 + [date(2026, 11, 24)] * 2
    assert {listing.aliases for listing in (await all_listings(pool)).values()} == {(), ("SEC", "삼전")}


async def test_loading_again_adds_what_time_has_reached_and_moves_nothing(pool: Pool, folder: Path) -> None:
    await load_sample(pool, folder, now=NOW)
    before = await digest_of_all_tables(pool)
    await load_sample(pool, folder, now=NOW)
    assert await digest_of_all_tables(pool) == before
    later = await load_sample(pool, folder, now=NOW + timedelta(weeks=2))
    assert (later.posts, later.bars, later.later) == (Written(1, 0, 2), Written(3, 0, 5), 0)


async def test_nothing_real_is_touched_and_nothing_of_it_stays(pool: Pool, folder: Path) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await store_listings(conn, [Listing(symbol="AAPL", name="Apple Inc.")])
        real = Bar(
            symbol="AAPL", interval="1d", start=trading_day(date(2026, 11, 20)),
            open=None, high=None, low=None, close=Decimal("300"),
        )  # fmt: skip
        await store_bars(conn, [real], source="yahoo")
    before = await digest_of_all_tables(pool)
    loaded = await load_sample(pool, folder, now=NOW)
    assert (loaded.listings.new, loaded.listings.unchanged, loaded.bars.new) == (1, 1, 3)
    assert await pool.fetchval("SELECT close FROM bars WHERE source = 'yahoo'") == 300
    removed = await drop(pool)
    assert (removed["posts"], removed["bars"], removed["listings"]) == (2, 3, 1)
    assert await digest_of_all_tables(pool) == before
    assert not any((await drop(pool)).values())


async def test_a_listing_that_real_bars_hang_on_stays_as_a_real_one(pool: Pool, folder: Path) -> None:
    await load_sample(pool, folder, now=NOW)
    async with pool.acquire() as conn, conn.transaction():
        bar = Bar(
            symbol="005930.KS", interval="1d", start=trading_day(date(2026, 11, 20)),
            open=None, high=None, low=None, close=Decimal("70000"),
        )  # fmt: skip
        assert await store_bars(conn, [bar], source="yahoo") == Written(0, 1, 0)
    removed = await drop(pool)
    assert (removed["earlier bars"], removed["listings"]) == (1, 1)
    assert [(listing.symbol, listing.sample) for listing in (await all_listings(pool)).values()] == [
        ("005930.KS", False)
    ]


async def test_the_archive_that_is_shipped(pool: Pool) -> None:
    now = datetime.now(UTC)
    loaded = await load_sample(pool, FOLDER)
    assert loaded.listings.new >= 10
    assert loaded.posts.new > 500
    assert loaded.bars.new > 1_000
    newest = await pool.fetchval("SELECT max(published_at) FROM posts")
    assert now - timedelta(days=2) < newest <= now
    await drop(pool)
    for table in ("symbols", "bars", "bar_revisions", "posts", "score_queue", "cursors"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_without_an_archive_it_says_so(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no sample archive"):
        await load_sample(pool, tmp_path / "nowhere")
