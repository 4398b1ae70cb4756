"""Deployments on the server: told where they differ, untouched where not, and what people switched off stays off."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.states import AwaitingRetry, Completed, Scheduled

from deployments.local.prefect_server import SERVED
from deployments.prefect.definitions import PROJECT, ConcurrencyLimit, CronSchedule, Deployment, read_deployments
from deployments.prefect.marks import is_mark, mark_of
from deployments.prefect.recording import FIRST_RUNS, load_flows, record
from deployments.prefect.serve import forget_missed_runs

NAMED = {one.full_name: one for one in read_deployments()}


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entrypoints are paths below it."""
    monkeypatch.chdir(PROJECT)


def test_names_that_the_code_knows_are_in_the_list() -> None:
    assert {*FIRST_RUNS, SERVED} <= NAMED.keys()
    assert len(NAMED) == len(read_deployments())


@pytest.fixture
async def nothing_recorded() -> None:
    """A server that knows no deployment, whoever used it before."""
    async with get_client() as client:
        for one in await client.read_deployments():
            await client.delete_resource_owned_automations(f"prefect.deployment.{one.id}")
            await client.delete_deployment(one.id)


async def test_only_what_differs_is_told(nothing_recorded: None) -> None:
    bars, report, scores = (NAMED[name] for name in ("collect-bars/daily", "report/default", "score-posts/default"))
    load_flows([report])
    async with get_client() as client:
        try:
            first = await record(client, [bars, report, scores])
            assert first.made == [bars.full_name, report.full_name, scores.full_name]
            kept = await client.read_deployment(first.ids[bars.full_name])
            assert is_mark(kept.version)
            assert kept.parameters == bars.parameters
            assert "interval" in (kept.parameter_openapi_schema or {})["properties"]
            assert {one.slug for one in kept.schedules} == {one.slug for one in bars.schedules}
            [owned] = await client.read_automations_by_name(f"{scores.full_name} 1")

            again = await record(client, [bars, report, scores])
            assert (again.made, again.changed, again.removed) == ([], [], [])
            assert again.ids == first.ids
            assert (await client.read_deployment(kept.id)).updated == kept.updated
            assert owned.id in {one.id for one in await client.read_automations()}

            # by hand on the server: a schedule is switched off, and words are changed
            switched = kept.schedules[0]
            await client.update_deployment_schedule(kept.id, switched.id, active=False)
            other = msgspec.structs.replace(bars, description="Otherwise.", tags=["other"])
            assert (await record(client, [other, report, scores])).changed == [bars.full_name]
            assert (await record(client, [bars, report])).removed == [scores.full_name]
            kept = await client.read_deployment(kept.id)
            assert (kept.description, kept.tags) == (bars.description, bars.tags)
            assert {one.slug: one.active for one in kept.schedules} == {
                one.slug: one.slug != switched.slug for one in bars.schedules
            }
            assert owned.id not in {one.id for one in await client.read_automations()}
        finally:
            assert set((await record(client, [])).removed) >= {bars.full_name, report.full_name}


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"interval": "1h"}},
        {"tags": []},
        {"concurrency_limit": None},
        {"concurrency_limit": ConcurrencyLimit(limit=1, collision_strategy="ENQUEUE")},
        {"concurrency_limit": ConcurrencyLimit(limit=3, collision_strategy="CANCEL_NEW")},
        {"schedules": []},
        {"schedules": [CronSchedule(slug="a", cron="1 * * * *", timezone="UTC")]},
    ],
    ids=["parameters", "tags", "no-limit", "strategy", "limit", "no-schedules", "schedule"],
)
async def test_each_change_is_seen_and_undone(change: dict[str, object]) -> None:
    before = NAMED["collect-bars/daily"]
    after = msgspec.structs.replace(before, **change)
    async with get_client() as client:
        try:
            await record(client, [before])
            assert (await record(client, [after])).changed == [before.full_name]
            assert (await record(client, [after])).changed == []
            assert (await record(client, [before])).changed == [before.full_name]
            assert (await record(client, [before])).changed == []
        finally:
            await record(client, [])


async def test_what_others_recorded_is_left_alone() -> None:
    async with get_client() as client:
        flow_id = await client.create_flow_from_name("somebody-elses")
        foreign = await client.create_deployment(
            flow_id=flow_id, name="theirs", version="1", entrypoint="flows/theirs.py:theirs"
        )
        try:
            assert "somebody-elses/theirs" not in (await record(client, [])).removed
            assert (await client.read_deployment(foreign)).version == "1"
        finally:
            await client.delete_deployment(foreign)


async def test_runs_that_were_missed_are_forgotten_and_no_others() -> None:
    async with get_client() as client:
        try:
            ids = (await record(client, [NAMED["report/default"]])).ids
            deployment_id = ids["report/default"]
            earlier = datetime.now(UTC) - timedelta(hours=1)
            stay = [
                # asked for by somebody, due later, to be tried again, done
                await run(client, deployment_id, earlier, planned=False),
                await run(client, deployment_id, earlier + timedelta(hours=2)),
                await run(client, deployment_id, earlier, state="again"),
                await run(client, deployment_id, earlier, state="done"),
            ]
            go = [await run(client, deployment_id, earlier + timedelta(seconds=n)) for n in range(53)]
            assert await forget_missed_runs(client, [deployment_id]) == len(go)
            left = {one.id for one in await client.read_flow_runs()}
            assert left >= set(stay)
            assert not left & set(go)
        finally:
            await record(client, [])


async def run(client: PrefectClient, deployment_id: object, at: datetime, *, planned: bool = True, state: str = ""):  # type: ignore[no-untyped-def]
    """A run of the deployment at `at` (UTC), as the scheduler plans it or as a person asks for it."""
    made = await client.create_flow_run_from_deployment(
        deployment_id,  # type: ignore[arg-type]
        state=Scheduled(scheduled_time=at),
        tags=["auto-scheduled"] if planned else [],
    )
    if state == "done":
        await client.set_flow_run_state(made.id, Completed(), force=True)
    if state == "again":
        await client.set_flow_run_state(made.id, AwaitingRetry(scheduled_time=at), force=True)
    return made.id


def test_a_mark_changes_with_what_a_flow_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    file = shutil.copy(PROJECT / "flows" / "report.py", tmp_path / "flows" / "report.py")
    deployment = NAMED["report/default"]
    before = mark_of(deployment, tmp_path)
    assert mark_of(deployment, tmp_path) == before
    with Path(file).open("a", encoding="utf-8") as text:
        text.write("\n# more\n")
    changed = mark_of(deployment, tmp_path)
    assert changed != before
    triggered: Deployment = msgspec.structs.replace(deployment, triggers=[{"type": "event"}])
    assert mark_of(triggered, tmp_path) not in (before, changed)


def test_a_mark_looks_at_the_files_that_parameters_have_their_types_from() -> None:
    from deployments.prefect.marks import _sources

    assert PROJECT / "lib/domain/bars.py" in _sources(PROJECT, NAMED["collect-bars/daily"].entrypoint)
    assert PROJECT / "lib/recovery/rehearse.py" in _sources(PROJECT, NAMED["drill/database"].entrypoint)
    assert len(_sources(PROJECT, NAMED["report/default"].entrypoint)) == 1
