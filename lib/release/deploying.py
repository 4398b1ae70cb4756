"""Makes the other colour beside the one in use, and waits until it is ready. It gives it no traffic."""

import asyncio
import contextlib
import time
from typing import Any

from lib.domain.releases import Record, Rules, judge_rollout
from lib.release.cluster import Cluster, Collision
from lib.release.lock import Lock
from lib.release.objects import in_other_colour
from lib.release.removing import remove_colour
from lib.release.standing import Standing, is_rolled_out, pod_state, pods_of
from lib.release.step import Done, StepFailed
from lib.release.words import RELEASE, deployment

_LOOK_S = 0.5


async def deploy(cluster: Cluster, lock: Lock, standing: Standing, record: Record) -> Done:
    """Copies every Deployment of the colour in use into the other one, with its image. What an earlier release has left
    of that colour is removed first.
    """
    left = [
        name
        for name, found in standing.deployments.items()
        if record.after in found and found[record.after]["metadata"].get("annotations", {}).get(RELEASE) != record.id
    ]
    if left:
        await remove_colour(cluster, lock, record.services, record.after)
    rows: list[dict[str, Any]] = []
    for name in record.services:
        source = standing.deployments[name][record.before]
        body = in_other_colour(source, name, record.after, record.image, record.id)
        body |= {"apiVersion": "apps/v1", "kind": "Deployment"}
        await lock.ensure()
        # there is one where this release made it before it broke off
        with contextlib.suppress(Collision):
            await cluster.create("deployments", body)
        rows.append(
            {
                "deployment": deployment(name, record.after),
                "image": record.image,
                "pods": body["spec"].get("replicas", 1),
            }
        )
    return Done(f"{record.after} is made with {record.image}, beside {record.before}.", rows)


async def await_rollout(cluster: Cluster, record: Record, rules: Rules) -> Done:
    """Returns once every pod of the new colour is ready. Raises StepFailed where one never will be, or in time."""
    begun = time.monotonic()
    while True:
        waited = time.monotonic() - begun
        rows, waiting = [], False
        for name in record.services:
            found = await cluster.get("deployments", deployment(name, record.after))
            pods = [pod_state(pod) for pod in await pods_of(cluster, name, record.after)]
            wanted = 0 if found is None else int(found["spec"].get("replicas", 1))
            verdict = judge_rollout(pods, wanted, waited, rules)
            rows.append(
                {"service": name, "ready": f"{sum(pod.ready for pod in pods)} of {wanted}", "said": verdict.why}
            )
            if verdict.decision == "bad":
                raise StepFailed(f"{record.image} does not come up: {verdict.why}", rows)
            waiting |= verdict.decision == "wait" or found is None or not is_rolled_out(found)
        if not waiting:
            return Done(f"All pods of {record.after} are ready after {waited:.1f} s.", rows)
        if waited > rules.rollout_s:
            raise StepFailed(f"{record.image} does not come up within {rules.rollout_s:.0f} s.", rows)
        await asyncio.sleep(_LOOK_S)
