"""Gaps filled from the local Yahoo and from a played source: exactly once, whatever fails, is refused or is killed."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from lib.calendars.sessions import Session, sessions_of
from lib.collect.backfill import fill
from lib.collect.bars import collect, collect_window
from lib.collect.filled import Filled
from lib.collect.gaps import Found, find_bar_gaps
from lib.collect.gate import Gate
from lib.collect.opening import Opened
from lib.collect.plans import plan_bars, queue_plan
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool
from lib.domain.bars import Interval, trading_day
from lib.domain.symbols import Listing
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import NASDAQ, Book, Candle, flat
from tests.support.streams import opened
from tests.support.tables import digest_of_all_tables

TODAY = datetime.now(UTC).date()
AAPL = Listing(symbol="AAPL", name="Apple Inc.")
SESSIONS = sessions_of(AAPL, TODAY - timedelta(days=120), TODAY - timedelta(days=4))
DAYS = [session.day for session in SESSIONS]
START, END = trading_day(DAYS[0]), trading_day(DAYS[-1] + timedelta(days=1))

_DUE_NOW = "UPDATE gaps SET next_try_at = clock_timestamp() WHERE state = 'open'"
_GAPS = "SELECT state, closing, tries, window_start, window_end FROM gaps ORDER BY window_start, id"


def book(symbol: str = "AAPL", without: list[date] | None = None) -> Book:
    """A bar for every session, each at its own price, but for some."""
    days = {day: flat(str(100 + n)) for n, day in enumerate(DAYS) if day not in (without or [])}
    return Book(symbol, NASDAQ, days=days)


def asking(source: Yahoo, gate: Gate | None = None) -> Opened:
    return opened(source, gate=gate)  # type: ignore[arg-type]


async def backfill(
    pool: Pool, source: Yahoo, *symbols: str, interval: Interval = "1d", start: datetime = START, end: datetime = END
) -> list[Filled]:
    plan = await plan_bars(pool, source, symbols or ("AAPL",), interval, start, end)
    return await fill(pool, asking(source), ids=await queue_plan(pool, plan))


async def find(pool: Pool, source: Yahoo, *, interval: Interval = "1d") -> list[Found]:
    """What is missing of all that was published, looked for when the finder may."""
    now = END + (timedelta(days=1) if interval == "1d" else timedelta(hours=3))
    return await find_bar_gaps(pool, source, ["AAPL"], intervals=[interval], now=now)


async def hours_pass(pool: Pool) -> None:
    """Everything that was learned until now was learned seven hours ago, and every gap is due."""
    await pool.execute("UPDATE coverage SET observed_at = observed_at - INTERVAL '7 hours'")
    await pool.execute(_DUE_NOW)


async def closes(pool: Pool, symbol: str = "AAPL") -> dict[date, Decimal]:
    rows = await pool.fetch(
        "SELECT b.start, b.close FROM bars b JOIN symbols s ON s.id = b.symbol_id WHERE s.symbol = $1", symbol
    )
    assert len({row["start"] for row in rows}) == len(rows)
    return {row["start"].date(): row["close"] for row in rows}


def published(of: Book) -> dict[date, Decimal | None]:
    return {day: candle.close for day, candle in of.days.items()}


async def test_holes_of_days_are_found_filled_and_found_no_more(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    holes = [DAYS[10], DAYS[11], DAYS[40]]
    local_yahoo.publish(book(without=holes))
    await collect(pool, source, ["AAPL"], "1d", gate=Gate(), days=130)
    local_yahoo.publish(book())
    local_yahoo.calls.clear()

    found = await find(pool, source)
    filled = await fill(pool, asking(source))

    assert [(gap.start.date(), gap.end.date()) for gap in found] == [
        (DAYS[10], DAYS[11] + timedelta(days=1)),
        (DAYS[40], DAYS[40] + timedelta(days=1)),
    ]
    assert sorted((gap.state, gap.new) for gap in filled) == [("filled", 1), ("filled", 2)]
    assert [call.end - call.start for call in local_yahoo.asked("AAPL")] <= [timedelta(days=5)] * 2
    assert await closes(pool) == published(book())
    assert await find(pool, source) == []
    assert await fill(pool, asking(source)) == []


async def test_what_the_provider_does_not_have_is_asked_for_twice_and_told(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    book_without = book(without=[DAYS[20]])
    # a null candle is no bar
    book_without.days[DAYS[25]] = Candle()
    local_yahoo.publish(book_without)
    await collect(pool, source, ["AAPL"], "1d", gate=Gate(), days=130)

    await hours_pass(pool)
    (asked_for,) = await find(pool, source)
    assert (asked_for.start.date(), asked_for.end.date()) == (DAYS[20], DAYS[25] + timedelta(days=1)), "one question"
    (tried,) = await fill(pool, asking(source))
    assert (tried.state, tried.new) == ("lost", 0), "the collection was the first to ask"
    rows = await pool.fetch(_GAPS)
    assert [(row["window_start"], row["window_end"]) for row in rows] == [
        (trading_day(day), trading_day(day) + timedelta(days=1)) for day in (DAYS[20], DAYS[25])
    ]
    assert {row["closing"] for row in rows} == {"yahoo was asked twice or more, hours apart, and has nothing here."}
    assert await find(pool, source) == []


async def test_an_outage_of_three_days_of_minutes_is_filled(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    sessions = [session for session in SESSIONS if session.day > TODAY - timedelta(days=20)][-8:]
    minutes = {minute: flat("100") for session in sessions for minute in _minutes(session)}
    local_yahoo.publish(Book("AAPL", NASDAQ, minutes=minutes))
    outage = sessions[3:6]
    for part in (sessions[:3], sessions[6:]):
        window = part[0].hours[0][0], part[-1].closes
        await collect_window(pool, source, "AAPL", "1m", None, *window, Gate())
    local_yahoo.calls.clear()

    found = await find(pool, source, interval="1m")
    filled = await fill(pool, asking(source))

    assert {gap.stream for gap in found} == {"bars/1m/AAPL"}
    expected = {minute for session in outage for minute in _minutes(session)}
    assert (min(gap.start for gap in found), max(gap.end for gap in found)) == (
        outage[0].hours[0][0],
        outage[-1].closes,
    )
    assert {gap.state for gap in filled} == {"filled"}
    assert sum(gap.new for gap in filled) == len(expected)
    assert await pool.fetchval("SELECT count(*) FROM bars WHERE interval = '1m'") == len(minutes)
    assert await find(pool, source, interval="1m") == []


async def test_a_dry_run_asks_nothing_and_tells_what_it_would_take(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book(), book("MSFT"))
    plan = await plan_bars(pool, source, ["AAPL", "MSFT"], "1d", START, END)
    assert [(shard.stream, shard.start, shard.end, shard.calls, shard.items) for shard in plan.shards] == [
        (f"bars/1d/{symbol}", START, END, 1, len(DAYS)) for symbol in ("AAPL", "MSFT")
    ]
    assert plan.total().calls == 2
    assert plan.total().dollars == "0"
    assert local_yahoo.calls == []
    assert await open_gaps(pool) == []


async def test_minutes_of_long_ago_are_not_planned_and_the_plan_says_why(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    now = datetime.now(UTC)
    plan = await plan_bars(pool, source, ["AAPL"], "1m", now - timedelta(days=60), now)
    assert plan.notes == ("yahoo can be asked about the last 29 days only.",)
    assert all(shard.start > now - timedelta(days=29) for shard in plan.shards)
    assert all(shard.end - shard.start <= timedelta(days=7) for shard in plan.shards)
    assert len(plan.shards) >= 4


async def test_twice_equals_once_and_the_second_time_asks_nothing(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book(), book("MSFT"))
    await backfill(pool, source, "AAPL", "MSFT")
    once, calls = await digest_of_all_tables(pool), len(local_yahoo.calls)
    assert await backfill(pool, source, "AAPL", "MSFT") == []
    assert await digest_of_all_tables(pool) == once
    assert len(local_yahoo.calls) == calls
    assert await closes(pool) == await closes(pool, "MSFT") == published(book())


async def test_killed_at_any_moment_and_started_again_equals_never_killed(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    symbols = [f"S{n}" for n in range(6)]
    local_yahoo.publish(*(book(symbol) for symbol in symbols))
    plan = await plan_bars(pool, source, symbols, "1d", START, END)
    ids = await queue_plan(pool, plan)
    chance = random.Random(7)
    for _ in range(6):
        task = asyncio.create_task(fill(pool, asking(source), ids=ids))
        await asyncio.sleep(chance.uniform(0, 0.3))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await fill(pool, asking(source), ids=ids)
    for symbol in symbols:
        assert await closes(pool, symbol) == published(book())
    assert {row["state"] for row in await pool.fetch(_GAPS)} == {"filled"}
    assert await pool.fetchval("SELECT count(*) FROM gaps") == len(symbols)
    assert await pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 730060") == 0


async def test_workers_share_the_queue(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    symbols = [f"S{n}" for n in range(12)]
    local_yahoo.publish(*(book(symbol) for symbol in symbols))
    await queue_plan(pool, await plan_bars(pool, source, symbols, "1d", START, END))
    results = await asyncio.gather(*(fill(pool, asking(source)) for _ in range(3)))
    done = Counter(gap.gap.stream for worker in results for gap in worker)
    assert done == Counter({f"bars/1d/{symbol}": 1 for symbol in symbols})
    assert all(len(local_yahoo.asked(symbol)) == 1 for symbol in symbols)


async def test_a_limit_leaves_the_rest_in_the_queue(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    symbols = [f"S{n}" for n in range(5)]
    local_yahoo.publish(*(book(symbol) for symbol in symbols))
    await queue_plan(pool, await plan_bars(pool, source, symbols, "1d", START, END))
    assert len(await fill(pool, asking(source), limit=2)) == 2
    assert len(await open_gaps(pool)) == 3


async def test_a_failure_leaves_the_gap_open_with_its_reason_and_a_growing_pause(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book())
    await queue_plan(pool, await plan_bars(pool, source, ["AAPL"], "1d", START, END))
    pauses = []
    for _ in range(3):
        local_yahoo.script.then("AAPL", *[BAD_GATEWAY] * 3)
        (tried,) = await fill(pool, asking(source))
        assert (tried.state, tried.new) == ("open", 0)
        assert "502" in tried.reason
        (gap,) = await open_gaps(pool)
        assert gap.reason == tried.reason
        pauses.append(round((gap.next_try_at - datetime.now(UTC)) / timedelta(minutes=1)))
        assert await fill(pool, asking(source)) == [], "it is not due"
        await pool.execute(_DUE_NOW)
    assert pauses == [5, 10, 20]
    (filled,) = await fill(pool, asking(source))
    assert (filled.state, filled.new) == ("filled", len(DAYS))


async def test_told_to_wait_nobody_asks_further_and_the_next_try_is_not_before(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    symbols = [f"S{n}" for n in range(20)]
    local_yahoo.publish(*(book(symbol) for symbol in symbols))
    local_yahoo.script.always("*", TooMany("3600"))
    await queue_plan(pool, await plan_bars(pool, source, symbols, "1d", START, END))
    gate = Gate()
    tried = await fill(pool, asking(source, gate))
    assert {gap.state for gap in tried} == {"open"}
    assert len(tried) <= 2 * source.concurrency
    assert gate.reason is not None
    asked = [gap for gap in await open_gaps(pool) if gap.tries]
    assert all(gap.next_try_at > datetime.now(UTC) + timedelta(minutes=50) for gap in asked)
    assert len(await open_gaps(pool)) == len(symbols)


async def test_a_gap_that_the_collection_filled_meanwhile_is_closed_without_asking(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book())
    await queue_plan(pool, await plan_bars(pool, source, ["AAPL"], "1d", START, END))
    await collect(pool, source, ["AAPL"], "1d", gate=Gate(), days=130)
    local_yahoo.calls.clear()
    (closed,) = await fill(pool, asking(source))
    assert (closed.state, closed.reason, closed.asked) == ("filled", "Nothing is missing any more.", 0)
    assert local_yahoo.calls == []


async def test_what_only_a_part_of_the_answer_brought_is_asked_for_again_later(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book(without=DAYS[:9]))
    (first,) = await backfill(pool, source)
    assert (first.state, first.new) == ("filled", len(DAYS) - 9)
    (again,) = await open_gaps(pool)
    assert (again.window_start, again.window_end, again.tries) == (START, trading_day(DAYS[8]) + timedelta(days=1), 1)
    assert again.reason == "Asked once, and nothing came."
    await pool.execute(_DUE_NOW)
    (too_soon,) = await fill(pool, asking(source))
    assert (too_soon.state, too_soon.reason) == ("open", again.reason)
    (again,) = await open_gaps(pool)
    assert timedelta(hours=5) < again.next_try_at - datetime.now(UTC) < timedelta(hours=7)

    await hours_pass(pool)
    (second,) = await fill(pool, asking(source))
    assert (second.state, second.gap.window_start, second.gap.window_end) == (
        "lost",
        again.window_start,
        again.window_end,
    )
    assert await backfill(pool, source) == []


def _minutes(session: Session) -> list[datetime]:
    start, end = session.hours[0]
    return [start + timedelta(minutes=n) for n in range((end - start) // timedelta(minutes=1))]
