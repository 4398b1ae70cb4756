"""Rescoring in tests: all of it without a runner, and a way to hold it right before its commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.db.pool import Pool
from lib.db.scoring.rescoring import Rescoring, Shard, ShardResult, next_shard, rescore_shard, survey

_EVERY_BUCKET = "SELECT pg_advisory_lock(730020, stripe) FROM generate_series(0, 127) AS stripe"
_LET_GO = "SELECT pg_advisory_unlock_all()"
_SOMEONE_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def shards_of(pool: Pool, work: Rescoring, *, size: int = 1000) -> list[Shard]:
    """The whole plan."""
    async with pool.acquire() as conn:
        found = await survey(conn, work)
        shards: list[Shard] = []
        after = 0
        while shard := await next_shard(
            conn, work, number=len(shards) + 1, after=after, newest_id=found.newest_id, size=size
        ):
            shards.append(shard)
            after = shard.until
        return shards


async def run_shard(pool: Pool, work: Rescoring, shard: Shard) -> ShardResult:
    """One shard, on a connection of its own."""
    async with pool.acquire() as conn:
        return await rescore_shard(conn, work, shard)


async def rescore_all(pool: Pool, work: Rescoring, *, size: int = 1000) -> list[ShardResult]:
    """Shard after shard."""
    return [await run_shard(pool, work, shard) for shard in await shards_of(pool, work, size=size)]


@asynccontextmanager
async def held_before_commit(pool: Pool) -> AsyncIterator[None]:
    """Whoever recounts buckets meanwhile waits with all that he has stored until this ends."""
    async with pool.acquire() as conn:
        await conn.execute(_EVERY_BUCKET)
        try:
            yield
        finally:
            await conn.execute(_LET_GO)


async def until_waiting(pool: Pool, count: int) -> None:
    """Returns once `count` sessions wait for locks."""
    while await pool.fetchval(_SOMEONE_WAITS) < count:  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0.01)
