"""The work pool and its queues as pools.yaml has them, recorded on a Prefect server. It does not know what runs there.

Recording again changes nothing. A pool or a queue that somebody has paused stays paused, and queues that are not ours
are left alone.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from deployments.prefect.definitions import read_strictly

FILE = Path(__file__).with_name("pools.yaml")


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Runs of one kind: `limit` at once over all workers; the smaller `priority` goes first."""

    name: str
    description: str
    priority: int
    limit: int


class Pool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where workers of one type take runs from, `limit` at once."""

    name: str
    type: str
    description: str
    limit: int
    queues: list[Queue]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pools: list[Pool]


def read_pools(file: Path = FILE) -> list[Pool]:
    """Every pool of `file`. Raises ConfigurationError saying what is wrong with it."""
    return read_strictly(file, _File).pools


async def apply_pools(client: PrefectClient, wanted: Sequence[Pool]) -> list[str]:
    """Makes what is missing and brings the rest to `wanted`. Returns what was changed, in words.

    The type of a pool that is there is left to whoever made it, for it says how runs are started (process, kubernetes).
    """
    changed: list[str] = []
    for pool in wanted:
        try:
            there = await client.read_work_pool(pool.name)
        except ObjectNotFound:
            await client.create_work_pool(
                WorkPoolCreate(
                    name=pool.name, type=pool.type, description=pool.description, concurrency_limit=pool.limit
                )
            )
            changed.append(f"made: pool {pool.name}")
        else:
            if there.concurrency_limit != pool.limit:
                await client.update_work_pool(pool.name, WorkPoolUpdate(concurrency_limit=pool.limit))
                changed.append(f"changed: pool {pool.name}")
        changed += await _apply_queues(client, pool)
    return changed


async def _apply_queues(client: PrefectClient, pool: Pool) -> list[str]:
    changed: list[str] = []
    recorded = {queue.name: queue for queue in await client.read_work_queues(work_pool_name=pool.name)}
    # priorities move each other, so they are set in their order
    for queue in sorted(pool.queues, key=lambda one: one.priority):
        there = recorded.get(queue.name)
        name = f"queue {pool.name}/{queue.name}"
        if there is None:
            await client.create_work_queue(
                queue.name, description=queue.description, concurrency_limit=queue.limit,
                priority=queue.priority, work_pool_name=pool.name,
            )  # fmt: skip
            changed.append(f"made: {name}")
        elif (there.description, there.concurrency_limit) != (queue.description, queue.limit):
            await client.update_work_queue(there.id, description=queue.description, concurrency_limit=queue.limit)
            changed.append(f"changed: {name}")
    order = await _order(client, pool)
    ours = [queue.name for queue in sorted(pool.queues, key=lambda one: one.priority)]
    if [name for name in order if name in ours] != ours:
        for queue in pool.queues:
            found = await client.read_work_queue_by_name(queue.name, work_pool_name=pool.name)
            await client.update_work_queue(found.id, priority=queue.priority)
        changed.append(f"changed: order of the queues of {pool.name}")
    return changed


async def _order(client: PrefectClient, pool: Pool) -> list[str]:
    queues = await client.read_work_queues(work_pool_name=pool.name)
    return [queue.name for queue in sorted(queues, key=lambda queue: queue.priority or 0)]
