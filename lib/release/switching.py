"""Points the Services at a colour. It does not know why, and refuses one without pods for each of them."""

import asyncio
from typing import Any

from lib.domain.releases import Colour, Record
from lib.release.cluster import Cluster, Collision
from lib.release.lock import Lock
from lib.release.objects import autoscaler_of_other_colour
from lib.release.standing import observe
from lib.release.step import Done, StepFailed
from lib.release.words import COLOUR, RELEASE, deployment


async def switch(cluster: Cluster, lock: Lock, record: Record, colour: Colour) -> Done:
    """Has every service of the release served by `colour`. Raises StepFailed where it has no pods for one: then none is
    changed.
    """
    standing = await observe(cluster, record.services)
    missing = [name for name, count in standing.available(colour).items() if count < 1]
    if missing:
        raise StepFailed(
            f"{colour} has no available pods for {', '.join(missing)}: nothing is switched.", standing.rows()
        )
    rows: list[dict[str, Any]] = []
    for name in record.services:
        await lock.ensure()
        await cluster.patch(
            "services",
            name,
            {"metadata": {"annotations": {RELEASE: record.id}}, "spec": {"selector": {COLOUR: colour}}},
        )
        rows.append({"service": name, "was": standing.selected[name], "is": colour})
    return Done(f"{', '.join(record.services)} are served by {colour}.", rows)


async def carry_autoscalers(cluster: Cluster, lock: Lock, record: Record) -> None:
    """Gives the new colour the autoscalers of the old one. Before it has traffic they would take pods from it."""
    for name in record.services:
        source = await cluster.get("horizontalpodautoscalers", deployment(name, record.before))
        if source is None:
            continue
        body = autoscaler_of_other_colour(source, name, record.after, record.id)
        body |= {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler"}
        await lock.ensure()
        try:
            await cluster.create("horizontalpodautoscalers", body)
        except Collision:
            continue


async def drain(seconds: float) -> None:
    """Waits until the last proxy has heard of a switch."""
    await asyncio.sleep(seconds)
