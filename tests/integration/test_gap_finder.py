"""What the finder calls missing: sessions without bars and answers, and windows of posts that nobody accounted for."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lib.calendars.sessions import sessions_of
from lib.collect.gaps import Found, find_bar_gaps, find_post_gaps
from lib.db.pool import Pool
from lib.domain.bars import trading_day
from lib.domain.symbols import Listing
from lib.sources.yahoo.client import Yahoo
from tests.support.seed import add_bar, add_coverage, add_symbol
from tests.support.streams import Played, Remembering, at
from tests.support.tables import digest_of_all_tables

HOLIDAYS = {
    date(2025, 11, 27), date(2025, 12, 25), date(2026, 1, 1),  # Thanksgiving, Christmas, New Year
    date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18), date(2026, 3, 2),  # Seollal, the day of Samiljeol
}  # fmt: skip
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)

_ANSWER = """
INSERT INTO coverage (source, stream, window_start, window_end, state, asked, received, observed_at)
VALUES ('yahoo', $1, $2, $3, 'ok', 1, 1, $4)
"""


def weekdays(first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which there is trading, written down here."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5 and day not in HOLIDAYS]


US = weekdays(date(2025, 11, 3), date(2026, 1, 9))
KOREA = weekdays(date(2026, 2, 2), date(2026, 3, 6))


async def stored(pool: Pool, symbol: str, days: Iterable[date], **more: Any) -> None:
    for day in days:
        await add_bar(pool, symbol, trading_day(day), 100, source="yahoo", **more)


async def answered(pool: Pool, stream: str, first: date, until: date, observed_at: datetime) -> None:
    """An answer about the days from `first` until before `until`, known at a moment."""
    await pool.execute(_ANSWER, stream, trading_day(first), trading_day(until), observed_at)


def windows(found: list[Found]) -> list[tuple[date, date, str]]:
    return [(gap.start.date(), gap.end.date(), gap.state) for gap in found]


async def find(pool: Pool, source: Yahoo, *symbols: str, now: datetime = NOW) -> list[Found]:
    return await find_bar_gaps(pool, source, symbols or ("AAPL",), now=now)


async def test_holidays_weekends_and_half_days_are_no_gap(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "AAPL")
    await add_symbol(pool, "005930.KS", exchange="KOSPI", currency="KRW")
    await stored(pool, "AAPL", US)
    await stored(pool, "005930.KS", KOREA)
    assert await find(pool, source, now=datetime(2026, 1, 12, 12, tzinfo=UTC)) == []
    assert await find(pool, source, "005930.KS", now=datetime(2026, 3, 8, tzinfo=UTC)) == []


async def test_a_session_without_bar_and_answer_is_queued_with_its_neighbours(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "005930.KS", exchange="KOSPI", currency="KRW")
    missing = {date(2026, 2, 5), date(2026, 2, 6), date(2026, 2, 26)}
    await stored(pool, "005930.KS", (day for day in KOREA if day not in missing))
    stream = "bars/1d/005930.KS"
    await add_coverage(
        pool, "yahoo", stream, trading_day(date(2026, 2, 27)), state="unavailable", reason="Yahoo was away.",
        length=timedelta(days=1),
    )  # fmt: skip

    found = await find(pool, source, "005930.KS", now=datetime(2026, 3, 8, tzinfo=UTC))

    assert windows(found) == [
        (date(2026, 2, 5), date(2026, 2, 7), "open"),
        (date(2026, 2, 26), date(2026, 2, 27), "open"),
    ]
    assert [gap.reason for gap in found] == ["No answer speaks of this time.", "Not heard: Yahoo was away."]
    rows = await pool.fetch("SELECT stream, origin, state, tries FROM gaps")
    assert {tuple(row) for row in rows} == {(stream, "found", "open", 0)}


async def test_the_latest_session_is_the_collection_s_business(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "AAPL")
    await stored(pool, "AAPL", US[:-1])
    last = trading_day(US[-1])
    assert await find(pool, source, now=last + timedelta(hours=40)) == []
    assert windows(await find(pool, source, now=last + timedelta(hours=50))) == [
        (US[-1], US[-1] + timedelta(days=1), "open")
    ]


async def test_one_empty_answer_is_doubted_and_two_are_believed_and_told(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "AAPL")
    day = date(2025, 11, 12)
    await stored(pool, "AAPL", (other for other in US if other != day))
    january = datetime(2026, 1, 12, 12, tzinfo=UTC)
    # one that came before the session was over says nothing about it
    await answered(pool, "bars/1d/AAPL", US[0], date(2025, 11, 14), datetime(2025, 11, 12, 21, 15, tzinfo=UTC))
    # and two that came close to each other are one
    for minute in (0, 30):
        known = datetime(2025, 11, 13, 12, minute, tzinfo=UTC)
        await answered(pool, "bars/1d/AAPL", US[0], date(2025, 11, 14), known)

    once = await find(pool, source, now=january)
    assert [(gap.state, gap.reason) for gap in once] == [("open", "Asked once, and nothing came.")]

    await pool.execute("TRUNCATE gaps")
    await answered(pool, "bars/1d/AAPL", US[0], date(2025, 11, 14), datetime(2025, 11, 14, 12, tzinfo=UTC))
    twice = await find(pool, source, now=january)
    assert windows(twice) == [(day, day + timedelta(days=1), "lost")]
    assert "twice or more" in twice[0].reason
    assert await pool.fetchval("SELECT closing FROM gaps") == twice[0].reason
    assert await find(pool, source, now=january) == []


async def test_looking_again_adds_nothing_and_two_finders_at_once_add_it_once(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "AAPL")
    await stored(pool, "AAPL", US[::2])
    both = await asyncio.gather(find(pool, source), find(pool, source))
    before = await digest_of_all_tables(pool)
    assert sorted(len(found) for found in both)[0] == 0
    assert await find(pool, source) == []
    assert await digest_of_all_tables(pool) == before


async def test_nothing_is_missed_before_the_listing_and_after_the_delisting(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "GSX")
    await pool.execute("UPDATE symbols SET delisted_on = $1", date(2025, 12, 1))
    await stored(pool, "GSX", [US[0]])
    assert windows(await find(pool, source, "GSX")) == [(US[1], date(2025, 11, 29), "open")]


async def test_invented_bars_are_none_and_a_symbol_without_any_has_no_gaps(pool: Pool, source: Yahoo) -> None:
    for symbol in ("AAPL", "MSFT"):
        await add_symbol(pool, symbol)
    await stored(pool, "AAPL", US[:3])
    for day in US[3:]:
        await add_bar(pool, "AAPL", trading_day(day), 100, source="sample")
        await add_bar(pool, "MSFT", trading_day(day), 100, source="sample")
    found = await find(pool, source, "AAPL", "MSFT", "GONE")
    assert {gap.stream for gap in found} == {"bars/1d/AAPL"}
    assert found[0].start.date() == US[3]


async def test_without_a_calendar_the_reason_says_so(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "ACME.ZZ", exchange="Nowhere", currency=None)
    await stored(pool, "ACME.ZZ", [date(2026, 3, 2), date(2026, 3, 4)])
    found = await find(pool, source, "ACME.ZZ", now=datetime(2026, 3, 6, tzinfo=UTC))
    assert windows(found) == [(date(2026, 3, 3), date(2026, 3, 4), "open")]
    assert found[0].reason.endswith("No calendar of Nowhere is known for ACME.ZZ: every weekday counts as a session.")


async def test_minutes_are_looked_for_while_yahoo_has_them_and_told_as_lost_when_not(pool: Pool, source: Yahoo) -> None:
    await add_symbol(pool, "AAPL")
    sessions = sessions_of(Listing(symbol="AAPL", name="AAPL"), date(2026, 1, 5), date(2026, 3, 6))
    first, last = sessions[0].hours[0], sessions[-1].hours[0]
    for start, end in (first, last):
        for minute in range((end - start) // timedelta(minutes=1)):
            await add_bar(pool, "AAPL", start + timedelta(minutes=minute), 100, interval="1m", source="yahoo")
    now = datetime(2026, 3, 9, tzinfo=UTC)

    found = await find(pool, source, now=now)

    edge = now - timedelta(days=29)
    lost, queued = [[gap for gap in found if gap.state == state] for state in ("lost", "open")]
    expected = [session.hours[0] for session in sessions[1:-1]]
    assert [(gap.start, gap.end) for gap in lost] == [span for span in expected if span[1] <= edge]
    assert {gap.reason for gap in lost} == {"yahoo can be asked about the last 29 days only."}
    assert all(gap.end - gap.start <= timedelta(days=7) for gap in queued)
    assert (queued[0].start, queued[-1].end) == (
        next(start for start, _ in expected if start > edge), expected[-1][1],
    )  # fmt: skip
    told = await pool.fetch("SELECT state, window_start FROM coverage ORDER BY window_start")
    assert [tuple(row) for row in told] == [("unavailable", gap.start) for gap in lost]
    assert await find(pool, source, now=now) == []


async def test_windows_between_answered_ones_that_nobody_accounted_for_are_gaps(pool: Pool) -> None:
    for start, end, state in (
        (0, 10, "ok"), (10, 20, "unavailable"), (12, 30, "empty"),  # answered later but for two minutes
        (45, 50, "ok"), (50, 50, "empty"), (50, 60, "rate_limited"),  # the end is the collection's business
    ):  # fmt: skip
        reason = "It was away." if state == "unavailable" else ""
        length = timedelta(minutes=end - start)
        await add_coverage(pool, "played", "posts/all", at(end), state=state, reason=reason, length=length)

    found = await find_post_gaps(pool, Remembering(), now=NOW)

    assert [(gap.start, gap.end, gap.state, gap.reason) for gap in found] == [
        (at(10), at(12), "open", "Not heard: It was away."),
        (at(30), at(45), "open", "No answer speaks of this time."),
    ]
    assert await find_post_gaps(pool, Remembering(), now=NOW) == []

    # silence after the last look, even where nothing was recorded meanwhile
    await add_coverage(pool, "played", "posts/all", at(200), length=timedelta(minutes=10))
    later = await find_post_gaps(pool, Remembering(), now=NOW)
    assert [(gap.start, gap.end) for gap in later] == [(at(50), at(190))]


async def test_a_source_without_a_past_loses_what_it_missed_and_says_so(pool: Pool) -> None:
    for start, end in ((0, 10), (30, 40)):
        await add_coverage(pool, "played", "posts/all", at(end), length=timedelta(minutes=end - start))
    (lost,) = await find_post_gaps(pool, Played(), now=NOW)
    assert (lost.start, lost.end, lost.state) == (at(10), at(30), "lost")
    assert lost.reason == "played cannot be asked about the past."
    assert await pool.fetchval("SELECT state FROM coverage WHERE window_start = $1", at(10)) == "unavailable"


async def test_what_lies_beyond_a_source_s_reach_is_lost_and_the_rest_queued(pool: Pool) -> None:
    for start, end in ((0, 10), (60, 70)):
        await add_coverage(pool, "played", "posts/all", at(end), length=timedelta(minutes=end - start))
    source = Remembering()
    source.kept_for = timedelta(minutes=100)
    found = await find_post_gaps(pool, source, now=at(130 + 0))
    assert [(gap.start, gap.end, gap.state) for gap in found] == [
        (at(10), at(30), "lost"), (at(30), at(60), "open"),
    ]  # fmt: skip


@pytest.mark.parametrize("fraction", [0.2, 0.999])
async def test_less_than_a_second_is_no_gap(pool: Pool, fraction: float) -> None:
    await add_coverage(pool, "played", "posts/all", at(10))
    await add_coverage(pool, "played", "posts/all", at(20), length=timedelta(minutes=10) - timedelta(seconds=fraction))
    assert await find_post_gaps(pool, Remembering(), now=NOW) == []
