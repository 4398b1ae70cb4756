"""`insitechart score` as a person runs it: processes side by side, a sentence at the end, and Ctrl-C before it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from deployments.cli.scoring_workers import BATCH
from lib.db.pool import Pool
from lib.db.scoring import waiting
from lib.scoring.registry import get_scorer
from tests.support.scoring import assert_buckets_equal_posts, make_reader, post, score_all, store

_COMMAND = "from deployments.cli.main import main; main()"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "INSITECHART_DATABASE_URL": database_url, "INSITECHART_HOME": str(tmp_path)}


async def start(environment: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _COMMAND, "score", *arguments, env=environment, stdout=pipe, stderr=pipe
    )


@asynccontextmanager
async def held_up(pool: Pool) -> AsyncIterator[None]:
    """No bucket can be written meanwhile, so every scorer stops before its commit."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("LOCK TABLE sentiment_buckets IN SHARE MODE")
        yield


async def until_someone_waits(pool: Pool) -> None:
    while not await pool.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
        pass


async def until_alone(pool: Pool) -> None:
    """The server has noticed that a killed process is gone, and with it its claims."""
    others = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity"
        " WHERE datname = current_database() AND state <> 'idle' AND pid <> $1)"
    )
    async with pool.acquire() as conn:
        while await conn.fetchval(others, conn.get_server_pid()):
            pass


async def test_all_that_waits_is_scored_by_two_processes(pool: Pool, environment: dict[str, str]) -> None:
    reader = await make_reader(pool, scorers=[get_scorer("finance@1")])
    await store(pool, [post(number, "$AAPL is great", minute=number % 50) for number in range(4500)])
    process = await start(environment)
    out, err = await process.communicate()
    assert process.returncode == 0, err
    assert out.startswith(b"4,500 posts scored in ")
    assert out.endswith(b"0 still wait.\n")
    await assert_buckets_equal_posts(pool, reader)


async def test_a_limit_leaves_the_rest_waiting(pool: Pool, environment: dict[str, str]) -> None:
    await make_reader(pool)
    await store(pool, [post(number, "$AAPL is great") for number in range(10)])
    process = await start(environment, "--limit", "4", "--workers", "3")
    out, _ = await process.communicate()
    assert out.startswith(b"4 posts scored")
    assert await waiting(pool) == 6


async def test_nothing_waiting_is_said_at_once(environment: dict[str, str]) -> None:
    process = await start(environment)
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.startswith(b"0 posts scored")


async def test_an_unknown_scorer_is_one_sentence(environment: dict[str, str]) -> None:
    process = await start({**environment, "INSITECHART_SCORER": "vader@0"})
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"There is no scorer 'vader@0'." in err
    assert b"Traceback" not in err


async def test_ctrl_c_ends_after_the_batches_under_way(pool: Pool, environment: dict[str, str]) -> None:
    reader = await make_reader(pool, scorers=[get_scorer("finance@1")])
    total = 5 * BATCH
    await store(pool, [post(number, "$AAPL is great", minute=number % 500) for number in range(total)])
    async with held_up(pool):
        process = await start(environment)
        await until_someone_waits(pool)
        process.send_signal(signal.SIGINT)
        # the blocked batches end only after the signal has been heard
        assert process.stderr is not None
        await asyncio.wait_for(process.stderr.readuntil(b"Ending"), 30)
    out, err = await process.communicate()
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert b"posts scored" in out
    done = total - await waiting(pool)
    assert 0 < done < total
    assert await pool.fetchval("SELECT count(*) FROM scores") == done
    await pool.execute("DELETE FROM posts WHERE id IN (SELECT post_id FROM score_queue)")
    await assert_buckets_equal_posts(pool, reader)


async def test_a_killed_process_loses_nothing_and_is_told_of(pool: Pool, environment: dict[str, str]) -> None:
    reader = await make_reader(pool, scorers=[get_scorer("finance@1")])
    await store(pool, [post(number, "$AAPL is great", minute=number % 50) for number in range(100)])
    async with held_up(pool):
        process = await start(environment)
        await until_someone_waits(pool)
        (worker,) = (
            child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())
        )
        worker.kill()
        _, err = await process.communicate()
    assert process.returncode == 1
    assert b"A scoring process ended before its work was done (exit code -9)." in err
    await until_alone(pool)
    assert await waiting(pool) == 100
    assert (await score_all(pool, reader))[0].posts == 100
    await assert_buckets_equal_posts(pool, reader)
