"""Removes a colour that nobody needs: its autoscalers, its Deployments, its pods. It does not know why.

It refuses where the other colour does not serve everything, so that at no moment both are gone.
"""

import asyncio
import time
from collections.abc import Sequence

from lib.domain.releases import Colour, may_go, other
from lib.errors import ReleaseFailed
from lib.release.cluster import Cluster
from lib.release.lock import Lock
from lib.release.standing import has_ended, observe
from lib.release.words import COLOUR, COMPONENT, deployment

_LOOK_S = 0.5
_PATIENCE_S = 120.0


async def remove_colour(cluster: Cluster, lock: Lock, services: Sequence[str], colour: Colour) -> float:
    """Returns the seconds after which the last pod of `colour` had ended its work.

    Raises ReleaseFailed where the other colour does not serve everything, ReleaseLost, ClusterAway.
    """
    begun = time.monotonic()
    # pods of the other colour may be away for a moment, as all are when their database is
    while why := await _why_not(cluster, services, colour):
        if time.monotonic() - begun < _PATIENCE_S:
            await asyncio.sleep(_LOOK_S)
            continue
        raise ReleaseFailed(
            f"{colour} is not removed: {why}",
            hint="Nothing was removed. See `kubectl get pods`; the next run of the release goes on.",
        )
    gone = time.monotonic() + _PATIENCE_S
    for name in services:
        await lock.ensure()
        await cluster.delete("horizontalpodautoscalers", deployment(name, colour))
        await cluster.delete("deployments", deployment(name, colour))
    while time.monotonic() < gone:
        pods = [pod for name in services for pod in await cluster.find("pods", {COMPONENT: name, COLOUR: colour})]
        if all(has_ended(pod) for pod in pods):
            break
        await asyncio.sleep(_LOOK_S)
    return time.monotonic() - begun


async def _why_not(cluster: Cluster, services: Sequence[str], colour: Colour) -> str:
    standing = await observe(cluster, services)
    return may_go(colour, standing.selected.values(), standing.available(other(colour)))
