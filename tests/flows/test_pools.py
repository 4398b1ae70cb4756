"""The pool and its queues: recorded once, mended where changed, paused by people; deployments wait in the right one."""

from pathlib import Path

import msgspec
import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from deployments.prefect.definitions import PROJECT, read_deployments, read_pull
from deployments.prefect.pools import Pool, Queue, apply_pools, read_pools
from deployments.prefect.recording import record
from lib.errors import ConfigurationError

KINDS = {
    "collect": {"collect-bars", "collect-posts", "find-gaps", "backfill", "look-up-symbols", "forget-deleted"},
    "score": {"score-posts", "rescore"},
    "backup": {"backup", "base-backup", "archive-wal", "prune-backups", "drill", "recovery-report", "tell"},
}


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entrypoints are paths below it."""
    monkeypatch.chdir(PROJECT)


def test_every_deployment_waits_in_a_queue_that_there_is() -> None:
    queues = {(pool.name, queue.name) for pool in read_pools() for queue in pool.queues}
    for one in read_deployments():
        assert (one.work_pool["name"], one.work_pool["work_queue_name"]) in queues, one.full_name


def test_each_kind_of_work_has_its_queue() -> None:
    for one in read_deployments():
        for kind, flows in KINDS.items():
            if one.flow_name in flows:
                assert one.work_pool["work_queue_name"] == kind, one.full_name


def test_backups_go_first_and_no_limit_is_larger_than_the_pool() -> None:
    [pool] = read_pools()
    assert min(pool.queues, key=lambda queue: queue.priority).name == "backup"
    assert len({queue.priority for queue in pool.queues}) == len(pool.queues)
    assert all(queue.limit <= pool.limit for queue in pool.queues)


def test_an_unknown_word_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "pools.yaml"
    file.write_text("pools:\n  - {name: a, typ: process}\n")
    with pytest.raises(ConfigurationError, match="typ"):
        read_pools(file)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read_pools(tmp_path / "none.yaml")


def a_pool(name: str, *queues: Queue, limit: int = 4) -> Pool:
    """A pool of processes with `queues`."""
    return Pool(name=name, type="process", description="For a test.", limit=limit, queues=list(queues))


def a_queue(name: str, priority: int, limit: int = 2) -> Queue:
    """A queue of a pool."""
    return Queue(name=name, description=f"Runs that {name}.", priority=priority, limit=limit)


async def found(client: PrefectClient, pool: str) -> list[tuple[str, int | None]]:
    """Names and limits of the pool's queues in their order."""
    queues = await client.read_work_queues(work_pool_name=pool)
    return [(one.name, one.concurrency_limit) for one in sorted(queues, key=lambda one: one.priority or 0)]


async def test_recording_again_changes_nothing_and_what_differs_is_mended() -> None:
    first = a_pool("test-pool", a_queue("one", 1), a_queue("two", 2), a_queue("default", 3))
    async with get_client() as client:
        try:
            assert len(await apply_pools(client, [first])) >= 3
            assert await found(client, "test-pool") == [("one", 2), ("two", 2), ("default", 2)]
            assert await apply_pools(client, [first]) == []

            await client.update_work_pool("test-pool", WorkPoolUpdate(is_paused=True))
            other = a_pool("test-pool", a_queue("two", 1, 3), a_queue("one", 2), a_queue("default", 3), limit=5)
            assert await apply_pools(client, [other]) == [
                "changed: pool test-pool",
                "changed: queue test-pool/two",
                "changed: order of the queues of test-pool",
            ]
            assert await found(client, "test-pool") == [("two", 3), ("one", 2), ("default", 2)]
            assert (await client.read_work_pool("test-pool")).is_paused
            assert await apply_pools(client, [other]) == []
        finally:
            await client.delete_work_pool("test-pool")


async def test_a_deployment_moves_into_its_queue_and_out_again() -> None:
    [served] = [one for one in read_deployments() if one.full_name == "report/default"]
    wanted = msgspec.structs.replace(served, work_pool={"name": "test-moved", "work_queue_name": "score"})
    async with get_client() as client:
        await apply_pools(client, [a_pool("test-moved", a_queue("score", 1))])
        try:
            first = await record(client, [served])
            assert (await record(client, [wanted], pooled=True)).changed == [served.full_name]
            assert (await record(client, [wanted], pooled=True)).changed == []
            there = await client.read_deployment(first.ids[served.full_name])
            assert (there.work_pool_name, there.work_queue_name) == ("test-moved", "score")
            assert there.pull_steps == read_pull()

            assert (await record(client, [served])).changed == [served.full_name]
            assert (await record(client, [served])).changed == []
            assert (await client.read_deployment(there.id)).work_pool_name is None
        finally:
            await record(client, [])
            await client.delete_work_pool("test-moved")
        with pytest.raises(ObjectNotFound):
            await client.read_work_pool("test-moved")
