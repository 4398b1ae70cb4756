"""The flow as Prefect runs it: runs of every kind on a real server are found, counted and written down."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateDetails, StateType
from prefect.states import State

from flows.watch_flows import ask, watch_flows
from lib.db.flow_runs import flow_figures
from lib.db.pool import Pool
from tests.support.runs import report

pytestmark = pytest.mark.usefixtures("installation")


@flow(name="collect-posts")
def anything() -> None:
    """Never run: the server is told what has become of its runs."""


async def runs_of(*kinds: StateType) -> None:
    """Runs of the flow by hand that are in these states since now; one that waits has done so for ten minutes."""
    async with get_client() as client:
        for kind in kinds:
            if kind is StateType.SCHEDULED:
                due = StateDetails(scheduled_time=datetime.now(UTC) - timedelta(minutes=10))
                await client.create_flow_run(anything, state=State(type=kind, state_details=due))
                continue
            run = await client.create_flow_run(anything)
            for step in dict.fromkeys((StateType.RUNNING, kind)):
                await client.set_flow_run_state(run.id, State(type=step), force=True)


async def test_runs_are_counted_by_what_has_become_of_them(pool: Pool) -> None:
    ended = (StateType.COMPLETED, StateType.FAILED, StateType.FAILED, StateType.CRASHED)
    # others run flows on this server, too
    before = await watch_flows()
    await runs_of(StateType.RUNNING, StateType.RUNNING, *ended, StateType.SCHEDULED)

    state = await watch_flows(return_state=True)

    found_now = await state.result()
    assert {name: found_now[name] - before[name] for name in before} == {"failed": 3, "overlong": 0, "late": 1}
    rows = {(row.flow, row.deployment): row.figures for row in await flow_figures(pool)}
    found = rows["collect-posts", ""]
    assert (found.completed, found.failed, found.crashed, found.cancelled) == (1, 2, 1, 0)
    assert (found.under_way, found.late) == (2, 1)
    assert found.last_success_at is not None
    # the run that looks is under way itself
    assert rows["watch-flows", ""].under_way == 1
    told = await report(state)
    assert (told.name, told.key) == ("watch the flows", "watch-flows")
    assert f"{found_now['failed']} runs failed within the last hour, " in told.sentence


async def test_what_goes_on_grows_older_and_what_ended_is_forgotten() -> None:
    await runs_of(StateType.RUNNING, StateType.FAILED)
    later = datetime.now(UTC) + timedelta(hours=2)
    found = (await ask.fn(later, later - timedelta(days=1)))["collect-posts", ""]
    assert found.under_way == found.overlong > 0
    assert found.oldest_s == pytest.approx(7200, abs=300)
    assert (found.failed, found.crashed, found.completed) == (0, 0, 0)


async def test_more_runs_than_the_server_gives_at_once_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    await runs_of(*[StateType.CANCELLED] * 5)
    monkeypatch.setattr("flows.watch_flows._PAGE", 2)
    found = await ask.fn(now, now - timedelta(hours=1))
    assert found["collect-posts", ""].cancelled == 5
