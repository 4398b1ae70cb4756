"""Brings the schema along, by Jobs of the images themselves: first what the version in use has left to remove, for
nothing older is running any more, then what the next version adds. It does not know any statement.
"""

import asyncio
import contextlib
import time

from lib.domain.releases import Record, Rules
from lib.release.cluster import Cluster, Collision, Object
from lib.release.objects import migration_job
from lib.release.standing import Standing
from lib.release.step import Done, StepFailed

# a version from before contracts has none
_CONTRACT = (
    "if insitechart migrate --help | grep -q -e --contract; then insitechart migrate --contract; fi && echo done"
)
_EXPAND = (
    "if insitechart migrate --help | grep -q -e --expand; then insitechart migrate --expand; "
    "else insitechart migrate; fi && echo done"
)

_LOOK_S = 0.5


async def contract(cluster: Cluster, standing: Standing, record: Record, rules: Rules) -> Done:
    """Runs the contracting migrations of the version in use. The value says whether there were any: then the version
    before it cannot come back.
    """
    said = await _run(cluster, standing, record, "contract", record.before_image, _CONTRACT, rules)
    applied = [line.removeprefix("applied ") for line in said.splitlines() if line.startswith("applied ")]
    words = (
        f"Removed what only older versions needed: {', '.join(applied)}." if applied else "There was nothing to remove."
    )
    return Done(words, _rows(record.before_image, applied), bool(applied))


async def expand(cluster: Cluster, standing: Standing, record: Record, rules: Rules) -> Done:
    """Runs the expanding migrations of the next version, under which the one in use goes on working."""
    said = await _run(cluster, standing, record, "expand", record.image, _EXPAND, rules)
    applied = [line.removeprefix("applied ") for line in said.splitlines() if line.startswith("applied ")]
    words = f"The schema has now what {record.image} needs: {', '.join(applied) or 'it had it already'}."
    return Done(words, _rows(record.image, applied))


async def _run(
    cluster: Cluster, standing: Standing, record: Record, what: str, image: str, script: str, rules: Rules
) -> str:
    """What the Job said. Raises StepFailed where it failed."""
    source = standing.deployments[record.services[0]][record.before]
    name = f"release-{what}-{record.id[-8:].lower().strip('-')}"
    body = migration_job(source, name, image, script, record.id, rules.migration_s)
    job = await cluster.get("jobs", name)
    if job is None:
        with contextlib.suppress(Collision):
            await cluster.create("jobs", body)
    begun = time.monotonic()
    while time.monotonic() - begun < rules.migration_s + 60:
        job = await cluster.get("jobs", name)
        state = (job or {}).get("status") or {}
        if state.get("succeeded"):
            said = await _said(cluster, name)
            await cluster.delete("jobs", name)
            return said
        failed = next((one for one in state.get("conditions") or [] if one["type"] == "Failed"), None)
        stuck = await _stuck(cluster, name)
        if failed is not None or stuck:
            said = stuck or await _said(cluster, name) or str((failed or {}).get("message"))
            await cluster.delete("jobs", name)
            raise StepFailed(
                f"The Job {name} failed: {said.strip()[-600:]}",
                [{"job": name, "image": image, "said": said.strip()[-2000:]}],
                hint="Nothing of the version in use was changed. Correct the cause, and release again.",
            )
        await asyncio.sleep(_LOOK_S)
    await cluster.delete("jobs", name)
    raise StepFailed(f"The Job {name} did not end within {rules.migration_s:.0f} s.", [{"job": name, "image": image}])


async def _pods(cluster: Cluster, name: str) -> list[Object]:
    return sorted(
        await cluster.find("pods", {"job-name": name}), key=lambda pod: str(pod["metadata"].get("creationTimestamp"))
    )


async def _said(cluster: Cluster, name: str) -> str:
    for pod in reversed(await _pods(cluster, name)):
        for found in (pod.get("status") or {}).get("containerStatuses") or []:
            ended = (found.get("state") or {}).get("terminated") or {}
            if ended.get("message"):
                return str(ended["message"])
    return ""


async def _stuck(cluster: Cluster, name: str) -> str:
    for pod in await _pods(cluster, name):
        for found in (pod.get("status") or {}).get("containerStatuses") or []:
            waiting = (found.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in ("ErrImageNeverPull", "InvalidImageName", "ImagePullBackOff"):
                return f"{waiting['reason']}: {waiting.get('message', '')}"
    return ""


def _rows(image: str, applied: list[str]) -> list[dict[str, str]]:
    return [{"image": image, "migration": name} for name in applied] or [{"image": image, "migration": "none"}]
