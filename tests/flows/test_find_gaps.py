"""The flow as Prefect runs it: what is missing is queued and told, a row for each gap; nothing is asked."""

from datetime import date, timedelta

import pytest

from flows.find_gaps import find_gaps
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool
from lib.domain.bars import trading_day
from lib.errors import ConfigurationError
from lib.settings import load_settings
from tests.servers.yahoo import LocalYahoo
from tests.support.runs import report
from tests.support.seed import add_bar, add_coverage, add_symbol
from tests.support.streams import Remembering, at

# a week without a holiday
WEEK = [date(2026, 3, 2) + timedelta(days=n) for n in range(5)]


@pytest.fixture(autouse=True)
def installation(installation: None, monkeypatch: pytest.MonkeyPatch, remembered: Remembering) -> None:
    """The settings that a flow of this installation resolves."""
    monkeypatch.setenv("INSITECHART_WATCHLIST", "GSX")
    load_settings.cache_clear()


async def missing_something(pool: Pool) -> None:
    """A symbol that was traded for a week and lacks its Wednesday, and twenty minutes of which nobody heard."""
    await add_symbol(pool, "GSX")
    await pool.execute("UPDATE symbols SET delisted_on = $1", WEEK[-1] + timedelta(days=1))
    for day in (*WEEK[:2], *WEEK[3:]):
        await add_bar(pool, "GSX", trading_day(day), 100, source="yahoo")
    for start, end in ((0, 10), (30, 40)):
        await add_coverage(pool, "played", "posts/all", at(end), length=timedelta(minutes=end - start))


async def test_what_is_missing_is_queued_and_told(pool: Pool, local_yahoo: LocalYahoo, remembered: Remembering) -> None:
    await missing_something(pool)

    state = await find_gaps(return_state=True)

    assert await state.result() == {"open": 2, "lost": 0}
    told = await report(state)
    assert (told.name, told.key) == ("look for gaps", "find-gaps")
    assert told.sentence == "2 gaps found, 2 of them queued."
    assert [(row["source"], row["stream"], row["from"], row["until"], row["state"]) for row in told.rows] == [
        ("yahoo", "bars/1d/GSX", "2026-03-04 00:00:00 UTC", "2026-03-05 00:00:00 UTC", "open"),
        ("played", "posts/all", "2026-03-02 14:10:00 UTC", "2026-03-02 14:30:00 UTC", "open"),
    ]
    assert len(await open_gaps(pool)) == 2
    assert local_yahoo.calls == []
    assert remembered.asked == []

    again = await find_gaps(return_state=True)
    assert (await report(again)).sentence == "Nothing is missing that is not known already."


async def test_what_is_lost_for_good_is_said_by_source(pool: Pool, remembered: Remembering) -> None:
    await missing_something(pool)
    remembered.kept_for = timedelta(days=1)
    state = await find_gaps(sources=["played"], return_state=True)
    assert await state.result() == {"open": 0, "lost": 1}
    told = await report(state)
    assert told.name == "look for gaps of played"
    assert told.sentence == "1 gaps found, 0 of them queued. played: 1 are lost for good."


async def test_a_source_that_does_not_exist_fails_the_run(pool: Pool) -> None:
    state = await find_gaps(sources=["nobody"], return_state=True)
    assert state.is_failed()
    with pytest.raises(ConfigurationError, match="no source 'nobody'"):
        await state.result()
