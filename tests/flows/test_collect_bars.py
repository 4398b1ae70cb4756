"""The flow as Prefect runs it: it completes whatever Yahoo does, and its artifact says what came."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State

from flows.collect_bars import collect_bars
from lib.db.pool import Pool
from lib.errors import ConfigurationError
from lib.settings import load_settings
from tests.servers.faults import TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import KRX, NASDAQ, Book, Exchange, flat

DAYS = [datetime.now(UTC).date() - timedelta(days=n) for n in range(40, 4, -1)]


@pytest.fixture(autouse=True)
def installation(installation: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that a flow of this installation resolves."""
    monkeypatch.setenv("INSITECHART_WATCHLIST", "AAPL,005930.KS")
    load_settings.cache_clear()


def book(symbol: str, exchange: Exchange = NASDAQ) -> Book:
    """Some weeks of days."""
    return Book(symbol, exchange, days={day: flat(str(100 + n)) for n, day in enumerate(DAYS)})


async def run(**parameters: Any) -> State[Any]:
    """One run of the flow to its end."""
    return await collect_bars(**parameters, return_state=True)


async def report(state: State[Any]) -> tuple[str, str, list[dict[str, Any]]]:
    """The run's name, and its artifact's sentence and rows."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    async with get_client() as client:
        (flow_run,) = await client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
        (artifact,) = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    return flow_run.name, artifact.description or "", json.loads(str(artifact.data))


async def test_the_watchlist_is_collected_and_reported(pool: Pool, local_yahoo: LocalYahoo) -> None:
    local_yahoo.publish(book("AAPL"), book("005930.KS", KRX))

    state = await run()

    assert state.is_completed()
    assert await state.result() == {"new": 2 * len(DAYS), "changed": 0, "unchanged": 0, "ok": 2}
    name, sentence, rows = await report(state)
    assert name == "collect 1d bars of the watchlist"
    assert sentence == f"2 symbols (2 ok): {2 * len(DAYS)} bars new, 0 corrected."
    assert [(row["symbol"], row["state"], row["new"]) for row in rows] == [
        ("AAPL", "ok", len(DAYS)),
        ("005930.KS", "ok", len(DAYS)),
    ]
    assert await pool.fetchval("SELECT count(*) FROM bars WHERE source = 'yahoo'") == 2 * len(DAYS)


async def test_without_a_network_the_run_completes_and_says_so_in_one_line(
    pool: Pool, local_yahoo: LocalYahoo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    symbols = [f"S{n}" for n in range(8)]

    state = await run(symbols=symbols)

    assert state.is_completed()
    assert await state.result() == {"new": 0, "changed": 0, "unchanged": 0, "unavailable": 8}
    _, sentence, _ = await report(state)
    assert "8 unavailable" in sentence
    assert "Yahoo cannot be reached" in sentence
    assert "\n" not in sentence
    assert "Traceback" not in caplog.text
    accounts = await pool.fetch("SELECT state, asked FROM coverage")
    assert [row["state"] for row in accounts] == ["unavailable"] * 8
    assert 0 < sum(row["asked"] for row in accounts) < 8, "asking was given up"


async def test_a_rate_limit_completes_the_run_and_is_told(local_yahoo: LocalYahoo) -> None:
    local_yahoo.publish(book("AAPL"))
    local_yahoo.script.always("*", TooMany("3600"))

    state = await run(symbols=["AAPL", "MSFT"])

    assert state.is_completed()
    assert await state.result() == {"new": 0, "changed": 0, "unchanged": 0, "rate_limited": 2}
    _, sentence, _ = await report(state)
    assert "Gave up asking: Yahoo" in sentence


async def test_what_cannot_be_a_symbol_fails_before_anything_is_asked(local_yahoo: LocalYahoo) -> None:
    state = await run(symbols=["AAPL", "not a symbol"])

    assert state.is_failed()
    with pytest.raises(ConfigurationError, match="'not a symbol' is not a symbol"):
        await state.result()
    assert local_yahoo.calls == []
