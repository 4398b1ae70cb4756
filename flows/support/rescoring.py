"""One shard as a task, and all of them one after the other. It does not know where the tasks are done.

All that goes along with a task stands here and not beside the flow: Prefect loads a flow's own file under a name that
other processes do not know.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from typing import Any

import msgspec
from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from flows.support.task_runners import Crew
from lib.db.installation import installation_id
from lib.db.pool import Pool, connect
from lib.db.scoring.rescoring import Rescoring, Shard, ShardResult, Survey, next_shard, rescore_shard
from lib.errors import ConfigurationError, UnknownScorer
from lib.platform import database_url
from lib.settings import load_settings

# after so many shards have failed with all their retries, the others would fail, too
_MOST_FAILURES = 3
_SAYS_EVERY_S = 10.0


class Done(msgspec.Struct, frozen=True):
    """What became of a shard, and the process that did it: host, a colon, its id."""

    result: ShardResult
    worker: str


async def _worth_another_try(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    try:
        await state.result()
    except (ConfigurationError, UnknownScorer):
        return False
    except Exception:  # noqa: BLE001 - whatever else it was: it may pass
        return True
    return True


@task(
    task_run_name="shard {shard.number}: posts {shard.after} to {shard.until}",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=[1, 5, 20],
    retry_condition_fn=_worth_another_try,
)
async def rescore_one_shard(work: Rescoring, shard: Shard, database: str) -> Done:
    """Scores one shard, on a connection of its own, in the database that the worker's settings name.

    Raises ConfigurationError where that is not the one with the id `database`.
    """
    connection = await connect(database_url(load_settings()), application="insitechart-rescore")
    try:
        if await installation_id(connection) != database:
            raise ConfigurationError(
                f"The settings of {_myself()} name another database than those of the flow.",
                hint="Set the same INSITECHART_DATABASE_URL wherever tasks are done.",
            )
        result = await rescore_shard(connection, work, shard)
    finally:
        await connection.close()
    get_run_logger().info("%s posts in %.1f s by %s", f"{result.posts:,}", result.seconds, _myself())
    return Done(result, _myself())


class Shards:
    """Has the shards of a rescoring done, planned one by one as they are wanted. `failures` are those that failed."""

    def __init__(self, pool: Pool, found: Survey, *, size: int) -> None:
        self.failures: list[Exception] = []
        self._pool = pool
        self._found = found
        self._size = size
        self._last = Shard(0, 0, 0, 0)
        self._planning = asyncio.Lock()

    async def run(self, crew: Crew, on_done: Callable[[Done], None]) -> None:
        """All of them, or until too many have failed."""
        database = await installation_id(self._pool)
        async with asyncio.TaskGroup() as group:
            for _ in range(crew.lanes):
                group.create_task(self._lane(crew, database, on_done))

    async def _lane(self, crew: Crew, database: str, on_done: Callable[[Done], None]) -> None:
        while len(self.failures) < _MOST_FAILURES and (shard := await self._next()) is not None:
            try:
                done = await crew.do(rescore_one_shard, work=self._found.work, shard=shard, database=database)
            except Exception as error:  # noqa: BLE001 - the others go on, and the run fails with it at its end
                self.failures.append(error)
            else:
                on_done(done)

    async def _next(self) -> Shard | None:
        async with self._planning, self._pool.acquire() as conn:
            shard = await next_shard(
                conn,
                self._found.work,
                number=self._last.number + 1,
                after=self._last.until,
                newest_id=self._found.newest_id,
                size=self._size,
            )
            self._last = shard or self._last
            return shard


class Tally:
    """Adds up what was done, all and by worker, and says now and then how far it is."""

    def __init__(self, posts: int) -> None:
        self.totals = {"posts": 0, "mentions": 0, "buckets": 0, "skipped": 0, "shards": 0}
        self.by_worker: dict[str, dict[str, float]] = {}
        self.begun = time.monotonic()
        self._planned = posts
        self._said = self.begun

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.begun

    @property
    def rate(self) -> float:
        """Posts a second."""
        return self.totals["posts"] / self.seconds

    def add(self, done: Done) -> None:
        """One more shard."""
        own = self.by_worker.setdefault(done.worker, {"shards": 0, "posts": 0, "seconds": 0.0})
        own["shards"] += 1
        own["posts"] += done.result.posts
        own["seconds"] += done.result.seconds
        self.totals["shards"] += 1
        for name in ("posts", "mentions", "buckets", "skipped"):
            self.totals[name] += getattr(done.result, name)
        if time.monotonic() - self._said > _SAYS_EVERY_S:
            self._said = time.monotonic()
            get_run_logger().info("%s of %s posts", f"{self.totals['posts']:,}", f"{self._planned:,}")

    def rows(self) -> list[dict[str, Any]]:
        """One for each worker; its seconds are those spent on shards."""
        return [
            {
                "worker": worker,
                "shards": int(own["shards"]),
                "posts": int(own["posts"]),
                "seconds": round(own["seconds"], 2),
                "posts per second": round(own["posts"] / own["seconds"]) if own["seconds"] else 0,
            }
            for worker, own in sorted(self.by_worker.items())
        ]

    def summary(self, scorer: str, runner: str) -> str:
        """One sentence."""
        totals = self.totals
        return (
            f"{totals['posts']:,} posts scored by {scorer} in {self.seconds:.1f} s ({self.rate:,.0f} a second), "
            f"{totals['shards']} shards by {len(self.by_worker)} workers ({runner}): {totals['mentions']:,} mentions, "
            f"{totals['buckets']:,} buckets changed, {totals['skipped']:,} posts skipped."
        )


def _myself() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
