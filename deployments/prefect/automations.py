"""Records what Prefect itself is to watch: `python -m deployments.prefect.automations`, and whenever flows are served.

automations.yaml has the list. Recording it again changes nothing: a watch that is as it should be is left alone, for
its clock would begin anew. It does not know what a deployment does.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import Automation as Recorded
from prefect.events.schemas.automations import AutomationCore, EventTrigger
from prefect.exceptions import ObjectNotFound

from deployments.prefect.definitions import read_strictly
from lib.logs import configure_logs, get_logger
from lib.settings import load_settings

log = get_logger(__name__)

FILE = Path(__file__).with_name("automations.yaml")

# whatever is called so is ours, and goes when the file has it no more
PREFIX = "InsiteChart: "


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The events whose coming (Reactive) or staying away (Proactive) within so many seconds is to be noticed."""

    posture: Literal["Reactive", "Proactive"]
    expect: list[str]
    after: list[str] = []
    for_each: list[str] = []
    match: dict[str, str] = {}
    match_related: dict[str, str] = {}
    threshold: int = 1
    within: int = 0


class Automation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A watch: what it waits for, and the deployment that it runs then.

    With `crash`, a sentence, it ends the run that it is about as crashed instead, and the sentence says why.
    """

    name: str
    description: str
    trigger: Trigger
    run: str = ""
    parameters: dict[str, Any] = {}
    crash: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    automations: list[Automation]


def read_automations(file: Path = FILE) -> list[Automation]:
    """Every watch of `file`. Raises ConfigurationError saying what is wrong with it."""
    return read_strictly(file, _File).automations


async def apply_automations(client: PrefectClient, wanted: Sequence[Automation], prefix: str = PREFIX) -> list[str]:
    """Records `wanted`; what bears the prefix and is not wanted is removed. Returns what was changed, in words.

    One that somebody has switched off stays off. One whose deployment is not recorded (yet) is left out.
    """
    changed: list[str] = []
    recorded: dict[str, list[Recorded]] = {}
    for one in await client.read_automations():
        if one.name.startswith(prefix):
            recorded.setdefault(one.name, []).append(one)
    deployments = {name: await _deployment_id(client, name) for name in sorted({one.run for one in wanted} - {""})}
    for automation in wanted:
        core = _core(automation, deployments.get(automation.run), prefix)
        if core is None:
            log.warning("automation left out", automation=automation.name, missing=automation.run)
            continue
        there = recorded.pop(core.name, [])
        if not there:
            await client.create_automation(core)
            changed.append(f"made: {core.name}")
            continue
        if _meaning(there[0]) != _meaning(core):
            await client.update_automation(there[0].id, core.model_copy(update={"enabled": there[0].enabled}))
            changed.append(f"changed: {core.name}")
        # two processes that were started together may both have made it
        for more in there[1:]:
            await client.delete_automation(more.id)
            changed.append(f"removed: {core.name}")
    for name, rest in recorded.items():
        for one in rest:
            await client.delete_automation(one.id)
            changed.append(f"removed: {name}")
    return changed


async def _deployment_id(client: PrefectClient, name: str) -> UUID | None:
    try:
        return (await client.read_deployment_by_name(name)).id
    except ObjectNotFound:
        return None


def _core(automation: Automation, deployment_id: UUID | None, prefix: str) -> AutomationCore | None:
    action: RunDeployment | ChangeFlowRunState
    if automation.crash:
        action = ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=automation.crash, force=False)
    elif deployment_id is not None:
        action = RunDeployment(
            source="selected", deployment_id=deployment_id, parameters=automation.parameters, job_variables=None
        )
    else:
        return None
    return AutomationCore(
        name=f"{prefix}{automation.name}",
        description=automation.description,
        enabled=True,
        trigger=EventTrigger.model_validate(msgspec.to_builtins(automation.trigger)),
        actions=[action],
    )


def _meaning(automation: AutomationCore) -> dict[str, Any]:
    """What of an automation is ours to say: the server adds ids of its own."""
    told = automation.model_dump(mode="json", include={"name", "description", "trigger", "actions"})
    told["trigger"] = {name: value for name, value in told["trigger"].items() if name != "id"}
    for name in ("expect", "after", "for_each"):
        told["trigger"][name] = sorted(told["trigger"].get(name) or [])
    return told


async def _main() -> None:
    async with get_client() as client:
        changed = await apply_automations(client, read_automations())
    log.info("automations recorded", changed=changed or "nothing")


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="flows")
    asyncio.run(_main())
