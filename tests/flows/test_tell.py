"""Telling people of runs: once an hour for each flow, not of what is over, and not of what has an alarm of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Failed, Scheduled

from flows.tell import tell
from lib.settings import load_settings
from tests.support.hearing import Hearer, hearing


@pytest.fixture
async def hearer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hearer]:
    """Somebody who listens, and whom the settings name."""
    async with hearing() as opened:
        monkeypatch.setenv("INSITECHART_HOME", str(tmp_path))
        monkeypatch.setenv("INSITECHART_NOTIFY_URLS", opened.url)
        load_settings.cache_clear()
        yield opened
    load_settings.cache_clear()


async def a_run(name: str, state: State[Any]) -> str:
    """The resource of a run of a flow of this name that is in `state`."""

    @flow(name=name)
    def some() -> None:
        """Only its name is recorded."""

    async with get_client() as client:
        run = await client.create_flow_run(some, state=state)
    return f"prefect.flow-run.{run.id}"


async def told(**asked: Any) -> str | None:
    """How a run of the flow ends."""
    state = await tell(**asked, return_state=True)
    return state.name


async def test_a_failed_run_is_told_once_for_its_flow(hearer: Hearer) -> None:
    first = await a_run("some-flow", Failed(message="nothing was there"))
    again = await a_run("some-flow", Failed(message="nothing was there"))
    other = await a_run("other-flow", Failed(message="nothing was there"))
    assert await told(title="A run has failed.", run=first) == "Told"
    assert await told(title="A run has failed.", run=again) == "Known"
    assert await told(title="A run has failed.", run=other) == "Told"
    assert hearer.titles == ["A run has failed. some-flow", "A run has failed. other-flow"]
    assert "is Failed: nothing was there" in hearer.heard[0]["message"]
    assert first.rpartition(".")[2] in hearer.heard[0]["message"]


async def test_what_is_over_or_gone_is_not_told(hearer: Hearer) -> None:
    late = await a_run("slow-flow", Scheduled(name="Late"))
    begun = await a_run("slow-flow", Scheduled(scheduled_time=datetime.now(UTC) + timedelta(hours=1)))
    assert await told(title="A run is late.", run=begun, still="Late") == "Over"
    assert await told(title="A run is late.", run=f"prefect.flow-run.{uuid4()}", still="Late") == "Over"
    assert hearer.heard == []
    assert await told(title="A run is late.", run=late, still="Late") == "Told"


async def test_what_has_an_alarm_of_its_own_is_left_to_it(hearer: Hearer) -> None:
    drill = await a_run("drill", Failed())
    assert await told(title="A run has failed.", run=drill, told_elsewhere=["archive-wal", "drill"]) == "Known"
    assert hearer.heard == []


async def test_what_stays_away_has_no_run(hearer: Hearer) -> None:
    assert await told(title="No run came.") == "Told"
    assert await told(title="No run came.") == "Known"
    assert hearer.titles == ["No run came."]


async def test_one_that_nobody_heard_is_told_again(hearer: Hearer, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import tell as module

    monkeypatch.setattr(module, "tell_people", module.tell_people.with_options(retries=0))
    hearer.status = 500
    assert await told(title="Nobody listens.") == "Failed"
    hearer.status = 200
    assert await told(title="Nobody listens.") == "Told"
