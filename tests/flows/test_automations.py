"""What Prefect watches: recorded once, left alone where it is right, mended where not, and switched off by people."""

from pathlib import Path

import pytest
from prefect.client.orchestration import PrefectClient, get_client

from deployments.local.parts import HEARTBEAT_S
from deployments.prefect.automations import Automation, Trigger, apply_automations, read_automations
from deployments.prefect.definitions import read_deployments
from lib.errors import ConfigurationError

PREFIX = "Test: "


async def names(client: PrefectClient) -> list[str]:
    return sorted(one.name for one in await client.read_automations() if one.name.startswith(PREFIX))


def with_window(automation: Automation, seconds: int) -> Automation:
    trigger = Trigger(**{n: getattr(automation.trigger, n) for n in Trigger.__struct_fields__} | {"within": seconds})
    return Automation(**{n: getattr(automation, n) for n in Automation.__struct_fields__} | {"trigger": trigger})


def test_every_watch_runs_a_deployment_that_there_is() -> None:
    found = read_automations()
    own = {f"{one.entrypoint.partition(':')[2].replace('_', '-')}/{one.name}" for one in read_deployments()}
    assert all(bool(one.run) != bool(one.crash) for one in found)
    assert {one.run for one in found if one.run} <= own
    assert len({one.name for one in found}) == len(found)
    assert all(one.description.endswith(".") for one in found)


def test_an_unknown_word_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "automations.yaml"
    file.write_text("automations:\n  - {name: a, descripton: b}\n")
    with pytest.raises(ConfigurationError, match="descripton"):
        read_automations(file)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read_automations(tmp_path / "none.yaml")


async def test_recording_again_changes_nothing() -> None:
    wanted = read_automations()
    async with get_client() as client:
        # what has nothing to run yet is left out
        ends_runs = [f"made: {PREFIX}{one.name}" for one in wanted if one.crash]
        assert await apply_automations(client, wanted, PREFIX) == ends_runs
        assert len(await apply_automations(client, [], PREFIX)) == len(ends_runs)
        for name, deployment in (("recovery-report", "alarm"), ("tell", "default")):
            await client.create_deployment(flow_id=await client.create_flow_from_name(name), name=deployment)
        first = await apply_automations(client, wanted, PREFIX)
        assert first == [f"made: {PREFIX}{one.name}" for one in wanted]
        ids = {one.id for one in await client.read_automations()}
        assert await apply_automations(client, wanted, PREFIX) == []
        assert {one.id for one in await client.read_automations()} == ids

        changed, *rest = wanted
        [recorded] = await client.read_automations_by_name(f"{PREFIX}{changed.name}")
        await client.pause_automation(recorded.id)
        assert await apply_automations(client, [with_window(changed, 600), *rest], PREFIX) == [
            f"changed: {PREFIX}{changed.name}"
        ]
        [recorded] = await client.read_automations_by_name(f"{PREFIX}{changed.name}")
        assert recorded.enabled is False
        assert recorded.trigger.within.total_seconds() == 600  # type: ignore[union-attr]

        assert await apply_automations(client, rest, PREFIX) == [f"removed: {PREFIX}{changed.name}"]
        assert len(await apply_automations(client, [], PREFIX)) == len(rest)
        assert await names(client) == []


def test_runs_that_fail_are_late_vanish_or_do_not_come_are_watched() -> None:
    watches = {one.name: one for one in read_automations()}
    failed, late, vanished = (watches[name] for name in ("a run has failed", "a run is late", "a run has vanished"))
    # one that tells of itself would never end
    assert failed.trigger.match_related["prefect.resource.name"] == "!tell"
    assert "prefect.flow-run.Late" in late.trigger.after
    assert late.parameters["still"] == "Late"
    assert "prefect.flow-run.heartbeat" in vanished.trigger.expect
    # three beats and more may be lost before a run counts as dead
    assert vanished.trigger.within >= 4 * HEARTBEAT_S
    assert {one.trigger.posture for name, one in watches.items() if name.startswith("nobody ")} == {"Proactive"}
