"""`insitechart score` as a person runs it: processes side by side, a sentence at the end, and Ctrl-C before it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from lib.db.pool import Pool
from lib.db.scoring import waiting
from tests.support.scoring import assert_buckets_equal_posts, make_reader, post, store

_COMMAND = "from deployments.cli.main import main; main()"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "INSITECHART_DATABASE_URL": database_url, "INSITECHART_HOME": str(tmp_path)}


async def start(environment: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _COMMAND, "score", *arguments, env=environment, stdout=pipe, stderr=pipe
    )


async def test_all_that_waits_is_scored_by_two_processes(pool: Pool, environment: dict[str, str]) -> None:
    reader = await make_reader(pool)
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
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL is great", minute=number % 50) for number in range(6000)])
    async with pool.acquire() as blocker, blocker.transaction():
        # the scorers wait for this until the signal has arrived
        await blocker.execute("LOCK TABLE sentiment_buckets IN SHARE MODE")
        process = await start(environment)
        while not await pool.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
    out, err = await process.communicate()
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert b"posts scored" in out
    done = 6000 - await waiting(pool)
    assert 0 < done < 6000
    assert await pool.fetchval("SELECT count(*) FROM scores") == done
    await pool.execute("DELETE FROM posts WHERE id IN (SELECT post_id FROM score_queue)")
    await assert_buckets_equal_posts(pool, reader)
