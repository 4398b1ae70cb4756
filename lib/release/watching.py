"""Probes a new colour, and watches how it does with real traffic. It does not know what follows: the rules do."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from lib.domain.releases import Count, Look, Record, Rules, Traffic, judge_probes, judge_watch
from lib.release.asking import Asker, Place
from lib.release.cluster import Cluster, Object
from lib.release.objects import port_of
from lib.release.standing import Standing, pod_state, pods_of
from lib.release.step import Done, StepFailed

_LOOK_S = 1.0


async def probe(cluster: Cluster, asker: Asker, standing: Standing, record: Record, rules: Rules) -> Done:
    """Asks the pods of the new colour until they answer well, or will not. Raises StepFailed."""
    rounds: list[str] = []
    while True:
        rounds.append(await asker.probe(await _places(cluster, standing, record)))
        verdict = judge_probes(rounds, rules)
        if verdict.decision == "good":
            return Done(f"{record.after} answers: {verdict.why}", _round_rows(rounds))
        if verdict.decision == "bad":
            raise StepFailed(f"{record.image} does not answer well: {verdict.why}", _round_rows(rounds))
        await asyncio.sleep(rules.pause_s)


async def watch(
    cluster: Cluster, asker: Asker, standing: Standing, record: Record, rules: Rules, before: dict[str, Count]
) -> Done:
    """Looks at the new colour once a second until the rules say that it stays. Raises StepFailed where it must not.

    `before` are the counts of its pods before the switch.
    """
    traffic, looks, begun = Traffic(before), list[Look](), time.monotonic()
    exits = {state.name: state.exits for state in map(pod_state, await _pods(cluster, record))}
    while True:
        started = time.monotonic()
        pods = await _pods(cluster, record)
        states = [pod_state(pod) for pod in pods]
        places = await _places(cluster, standing, record)
        wrong = await asker.probe(places) or _not_ready(record, pods, standing)
        told = await asyncio.gather(*(asker.counts(place) for place in places))
        for place, count in zip(places, told, strict=True):
            if count is not None:
                traffic.saw(place.pod, count)
            else:
                wrong = wrong or f"{place.pod} does not tell its counts at /metrics."
        restarts = sum(max(state.exits - exits.get(state.name, 0), 0) for state in states)
        looks.append(Look(time.monotonic() - begun, traffic.requests, traffic.errors, restarts, wrong))
        verdict = judge_watch(looks, rules)
        if verdict.decision == "good":
            return Done(f"{record.after} stays: {verdict.why}", _look_rows(looks))
        if verdict.decision == "bad":
            raise StepFailed(f"{record.image} does not do well: {verdict.why}", _look_rows(looks))
        await asyncio.sleep(max(_LOOK_S - (time.monotonic() - started), 0.05))


async def counts(cluster: Cluster, asker: Asker, standing: Standing, record: Record) -> dict[str, Count]:
    """What each pod of the new colour has answered so far."""
    places = await _places(cluster, standing, record)
    told = await asyncio.gather(*(asker.counts(place) for place in places))
    return {place.pod: count for place, count in zip(places, told, strict=True) if count is not None}


async def _pods(cluster: Cluster, record: Record) -> list[Object]:
    return [pod for name in record.services for pod in await pods_of(cluster, name, record.after)]


async def _places(cluster: Cluster, standing: Standing, record: Record) -> list[Place]:
    """Where the ready pods of the new colour answer; pods that are not are counted elsewhere."""
    found = []
    for name in record.services:
        for pod in await pods_of(cluster, name, record.after):
            address = (pod.get("status") or {}).get("podIP")
            if address and pod_state(pod).ready:
                port = port_of(standing.services[name], pod)
                found.append(Place(name, pod["metadata"]["name"], address, port))
    return found


def _not_ready(record: Record, pods: Sequence[Object], standing: Standing) -> str:
    """A service that is left without any ready pod, or a pod that was ready and is not."""
    missing = [pod["metadata"]["name"] for pod in pods if not pod_state(pod).ready]
    least = sum(int(found[record.before]["spec"].get("replicas", 1)) for found in standing.deployments.values())
    if missing and len(pods) - len(missing) < least:
        return f"{', '.join(missing)} are not ready."
    return ""


def _round_rows(rounds: Sequence[str]) -> list[dict[str, Any]]:
    return [{"probe": number, "found": wrong or "good"} for number, wrong in enumerate(rounds, 1)]


def _look_rows(looks: Sequence[Look]) -> list[dict[str, Any]]:
    return [
        {
            "seconds": round(look.at_s, 1),
            "requests": look.requests,
            "failed": look.errors,
            "found": look.wrong or "good",
        }
        for look in looks
    ]
