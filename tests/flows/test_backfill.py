"""The flow as Prefect runs it: a dry run asks nothing, a run fills what it queued, and the queue is worked through."""

from datetime import date, timedelta
from typing import Any

import pytest
from prefect.client.schemas.objects import State

from flows.backfill import backfill
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool
from lib.errors import ConfigurationError, Unavailable
from lib.settings import load_settings
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import NASDAQ, Book, flat
from tests.support.runs import report
from tests.support.streams import Remembering, at

# a week without a holiday
WEEK = [date(2026, 3, 2) + timedelta(days=n) for n in range(5)]
_FIRST_AND_LAST = {"start": str(WEEK[0]), "end": str(WEEK[-1])}
_HOUR = {"start": at(0).isoformat(), "end": at(60).isoformat()}


@pytest.fixture(autouse=True)
def installation(installation: None, monkeypatch: pytest.MonkeyPatch, remembered: Remembering) -> None:
    """The settings that a flow of this installation resolves."""
    monkeypatch.setenv("INSITECHART_WATCHLIST", "AAPL,MSFT")
    load_settings.cache_clear()


@pytest.fixture
def yahoo(local_yahoo: LocalYahoo) -> LocalYahoo:
    """Two symbols, with a bar for every day of the week."""
    days = {day: flat(str(100 + n)) for n, day in enumerate(WEEK)}
    local_yahoo.publish(*(Book(symbol, NASDAQ, days=days) for symbol in ("AAPL", "MSFT")))
    return local_yahoo


async def run(**parameters: Any) -> State[Any]:
    """One run of the flow to its end."""
    return await backfill(**parameters, return_state=True)


async def test_a_dry_run_shows_calls_volume_and_dollars_and_asks_nothing(pool: Pool, yahoo: LocalYahoo) -> None:
    state = await run(source="yahoo", **_FIRST_AND_LAST)

    assert await state.result() == {"windows": 2}
    told = await report(state)
    assert (told.name, told.key) == ("backfill from yahoo (dry run)", "backfill-plan")
    assert told.sentence == "2 windows: 2 calls, 10 items at most, free of charge."
    assert told.rows[0] == {
        "stream": "bars/1d/AAPL",
        "from": "2026-03-02 00:00:00 UTC",
        "until": "2026-03-07 00:00:00 UTC",
        "calls": 1,
        "items at most": 5,
        "dollars": "0",
        "queued": "",
    }
    assert yahoo.calls == []
    assert await open_gaps(pool) == []


async def test_a_run_fills_what_was_wanted_and_tells_a_row_for_each_gap(pool: Pool, yahoo: LocalYahoo) -> None:
    state = await run(source="yahoo", symbols=["AAPL"], dry_run=False, **_FIRST_AND_LAST)

    assert await state.result() == {"filled": 1, "lost": 0, "open": 0, "new": 5}
    told = await report(state)
    assert (told.name, told.key) == ("backfill from yahoo", "backfill")
    assert told.sentence == "1 gaps tried (1 filled): 5 items new."
    assert [(row["stream"], row["state"], row["calls"], row["new"], row["note"]) for row in told.rows] == [
        ("bars/1d/AAPL", "filled", 1, 5, "5 bars came.")
    ]
    assert await pool.fetchval("SELECT count(*) FROM bars") == 5

    again = await run(source="yahoo", symbols=["AAPL"], dry_run=False, **_FIRST_AND_LAST)
    assert (await report(again)).sentence == "No gap was due."


async def test_without_a_source_the_queue_is_shown_or_worked_through(pool: Pool, remembered: Remembering) -> None:
    remembered.history = {5: "early", 50: "late"}
    remembered.past_script = [None, Unavailable("played", "It is down.")]
    first = await run(source="played", dry_run=False, **_HOUR)
    assert await first.result() == {"filled": 0, "lost": 0, "open": 1, "new": 0}
    assert (await report(first)).rows[0]["note"] == "It is down."

    shown = await run()
    assert await shown.result() == {"windows": 1}
    assert (await report(shown)).rows[0]["note"] == "It is down."

    assert (await report(await run(dry_run=False))).sentence == "No gap was due."
    await pool.execute("UPDATE gaps SET next_try_at = clock_timestamp()")
    filled = await run(dry_run=False)
    assert await filled.result() == {"filled": 1, "lost": 0, "open": 0, "new": 2}
    told = await report(filled)
    assert (told.name, told.rows[0]["stream"]) == ("fill what waits", "posts/all")


async def test_a_paid_past_tells_its_price_first(pool: Pool, remembered: Remembering) -> None:
    told = await report(await run(source="played", streams=["posts/all"], **_HOUR))
    assert told.sentence == "1 windows: 12 calls, 0.12 dollars."
    assert (told.rows[0]["items at most"], told.rows[0]["dollars"]) == ("?", "0.12")
    assert remembered.asked == []


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"source": "nobody", "start": "2026-03-02"}, "no source 'nobody'"),
        ({"source": "played"}, "From when on"),
        ({"symbols": ["AAPL"], "start": "2026-03-02"}, "needs a source"),
        ({"source": "played", "start": "2026-03-02 10:00"}, "no day and no moment"),
        ({"source": "played", "start": "2026-03-02", "end": "2026-03-01"}, "is empty"),
        ({"source": "played", "start": "2026-03-02", "streams": ["posts/some"]}, "no stream 'posts/some'"),
        ({"source": "yahoo", "start": "2026-03-02", "symbols": ["not one"]}, "not a symbol"),
        ({"limit": 0}, "limit is 0"),
    ],
)
async def test_what_cannot_be_used_fails_before_anything_is_asked(
    local_yahoo: LocalYahoo, remembered: Remembering, parameters: dict[str, Any], match: str
) -> None:
    state = await run(**parameters, dry_run=False)
    with pytest.raises(ConfigurationError, match=match):
        await state.result()
    assert local_yahoo.calls == []
    assert remembered.asked == []


async def test_a_limit_is_kept(pool: Pool, yahoo: LocalYahoo) -> None:
    state = await run(source="yahoo", dry_run=False, limit=1, **_FIRST_AND_LAST)
    assert (await state.result())["filled"] == 1
    assert len(await open_gaps(pool)) == 1
    rest = await run(dry_run=False, limit=5)
    assert (await rest.result())["filled"] == 1
    assert await pool.fetchval("SELECT max(closed_at) - min(found_at) FROM gaps") < timedelta(minutes=5)
