"""Bluesky collected into the tables: each post once, what is deleted gone at once, every second accounted for."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from lib.collect.gate import Gate
from lib.collect.opening import Opened
from lib.collect.posts import PostsOutcome, collect_stream
from lib.collect.rounds import collect_round
from lib.db.cursors import read_cursor, save_cursor
from lib.db.pool import Pool
from lib.sources.bluesky import DECLARATION
from lib.sources.bluesky.client import Bluesky
from lib.sources.bluesky.gathering import Room
from lib.sources.posts import Page
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_events import account, deletion, post, uri
from tests.servers.bluesky_spoils import CutOff, Freeze, HalfFrame
from tests.support.access import NotedAccess
from tests.support.bluesky import at_us, haste, hasty_bluesky

NOON = datetime(2026, 3, 2, 14, tzinfo=UTC)

_STORED = "SELECT external_id, text, edited_at, deleted_at FROM posts ORDER BY external_id"
_COVERAGE = """
SELECT window_start, window_end, state, received FROM coverage
WHERE source = 'bluesky' AND window_start < window_end ORDER BY window_start, id
"""


def is_over(seconds: float) -> object:
    return lambda page: page.end >= NOON + timedelta(seconds=seconds)


async def start_at_noon(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await save_cursor(conn, "bluesky", "posts", {"time_us": at_us(0)})


async def collect(pool: Pool, enough: object, source: Bluesky | None = None, **options: object) -> PostsOutcome:
    async with asyncio.timeout(20):
        outcome = await collect_stream(
            pool,
            source or hasty_bluesky(),
            "posts",
            gate=Gate(),
            enough=enough,
            **options,  # type: ignore[arg-type]
        )
    assert outcome is not None
    return outcome


async def test_however_often_it_is_stopped_each_post_is_stored_once_and_each_second_accounted_for(
    pool: Pool, local_bluesky: LocalBluesky
) -> None:
    await start_at_noon(pool)
    for second in range(120):
        local_bluesky.publish(post("$A" if second % 2 else "hello", time_us=at_us(second), rkey=f"p{second:03}"))
    local_bluesky.publish(deletion(time_us=at_us(120), rkey="p001"))
    local_bluesky.spoils.then("*", CutOff(20), HalfFrame(25), None, Freeze(30), CutOff(40))
    source = hasty_bluesky(manners=haste(room=Room(events=9)))
    received = 0
    for end in (10, 35, 36, 70, 119.5):
        received += (await collect(pool, is_over(end), source)).received

    rows = await pool.fetch(_STORED)
    assert [row["external_id"] for row in rows] == [uri(f"p{second:03}") for second in range(1, 120, 2)]
    assert [row["external_id"] for row in rows if row["deleted_at"] is not None] == [uri("p001")]
    assert await pool.fetchval("SELECT count(*) FROM posts WHERE text IS NULL AND author IS NULL AND url IS NULL") == 1

    windows = await pool.fetch(_COVERAGE)
    assert windows[0]["window_start"] == NOON
    assert windows[-1]["window_end"] == NOON + timedelta(seconds=120)
    assert all(earlier["window_end"] == later["window_start"] for earlier, later in pairwise(windows))
    assert {row["state"] for row in windows} == {"ok"}
    assert await pool.fetchval("SELECT sum(received) FROM coverage") == received
    assert await read_cursor(pool, "bluesky", "posts") == {"time_us": at_us(120)}


async def test_what_is_lost_is_told_and_the_rest_is_covered(pool: Pool, local_bluesky: LocalBluesky) -> None:
    await start_at_noon(pool)
    local_bluesky.publish(*(post("$A", time_us=at_us(n), rkey=f"p{n}") for n in range(100, 130)))
    await collect(pool, is_over(129))
    assert [(row["window_start"] - NOON, row["state"]) for row in await pool.fetch(_COVERAGE)] == [
        (timedelta(0), "unavailable"), (timedelta(seconds=100), "ok"),
    ]  # fmt: skip
    [gap] = await pool.fetch("SELECT window_start, window_end, state, reason FROM gaps")
    assert (gap["window_end"] - gap["window_start"], gap["state"]) == (timedelta(seconds=100), "lost")
    assert gap["reason"] == "No server of Bluesky has these 100 s."


async def test_a_version_that_is_heard_again_does_not_undo_the_next_one(
    pool: Pool, local_bluesky: LocalBluesky
) -> None:
    await start_at_noon(pool)
    local_bluesky.publish(
        post("$A is up", time_us=at_us(1), rkey="a"),
        post("$A is down", time_us=at_us(2), rkey="a", operation="update"),
        post("$B", time_us=at_us(3), rkey="b"),
    )
    one_by_one = hasty_bluesky(manners=haste(room=Room(events=1)))
    for _ in range(3):
        await collect(pool, is_over(3), one_by_one)
        [row] = [row for row in await pool.fetch(_STORED) if row["external_id"] == uri("a")]
        assert (row["text"], row["edited_at"]) == ("$A is down", NOON + timedelta(seconds=2))
        # the next run hears everything again
        local_bluesky.publish(post("hello", time_us=at_us(4), rkey="c"))
        assert {asked.cursor for asked in local_bluesky.asked} <= {at_us(-15), at_us(-12), at_us(-11)}


async def test_a_deleted_post_and_a_deleted_account_are_forgotten_for_good(
    pool: Pool, local_bluesky: LocalBluesky
) -> None:
    await start_at_noon(pool)
    local_bluesky.publish(
        post("$A", time_us=at_us(1), rkey="a"),
        post("$A", time_us=at_us(2), rkey="b", did="did:plc:leaves"),
        post("$A", time_us=at_us(3), rkey="c"),
    )
    await collect(pool, is_over(3))
    local_bluesky.publish(
        deletion(time_us=at_us(4), rkey="a"), account(time_us=at_us(5), did="did:plc:leaves", status="deactivated")
    )
    outcome = await collect(pool, is_over(5))
    assert outcome.forgotten == 2
    # what is replayed with the next line does not bring them back
    local_bluesky.publish(post("$A", time_us=at_us(6), rkey="d"))
    await collect(pool, is_over(6))
    kept = [row["external_id"] for row in await pool.fetch(_STORED) if row["text"] is not None]
    assert kept == [uri("c"), uri("d")]


async def test_the_next_reader_takes_over_without_a_second_between(pool: Pool, local_bluesky: LocalBluesky) -> None:
    await start_at_noon(pool)
    local_bluesky.publish(*(post("$A", time_us=at_us(n), rkey=f"p{n}") for n in range(10)))
    begun = asyncio.Event()

    async def stored() -> None:
        begun.set()

    first = asyncio.create_task(collect(pool, lambda page: False, on_stored=stored))
    await begun.wait()
    second = asyncio.create_task(collect(pool, is_over(19), wait=True))
    await first
    local_bluesky.publish(*(post("$A", time_us=at_us(n), rkey=f"p{n}") for n in range(10, 20)))
    await second
    assert await pool.fetchval("SELECT count(*) FROM posts") == 20
    windows = await pool.fetch(_COVERAGE)
    assert all(earlier["window_end"] == later["window_start"] for earlier, later in pairwise(windows))
    assert windows[-1]["window_end"] == NOON + timedelta(seconds=19)


async def test_asked_once_it_reads_up_to_now(pool: Pool, local_bluesky: LocalBluesky) -> None:
    begun = local_bluesky.now_us() - 60_000_000
    async with pool.acquire() as conn:
        await save_cursor(conn, "bluesky", "posts", {"time_us": begun})
    local_bluesky.publish(*(post("$A", time_us=begun + n * 1_000_000, rkey=f"p{n}") for n in range(55)))
    local_bluesky.murmur(0.05)
    opened = Opened(DECLARATION, hasty_bluesky(), Gate(), NotedAccess())
    now = datetime.now(UTC)
    async with asyncio.timeout(20):
        [outcome] = await collect_round(pool, opened, opened.source.streams())
    assert (outcome.state, outcome.new) == ("ok", 55)
    assert outcome.end >= now


async def test_a_stream_that_is_not_open_does_not_make_up_for_failures(pool: Pool, local_bluesky: LocalBluesky) -> None:
    local_bluesky.spoils.then("*", *[CutOff(0)] * 99)
    answered = 0

    class Noting(Gate):
        def answered(self) -> None:
            nonlocal answered
            answered += 1

    pages: list[Page] = []
    async with asyncio.timeout(20):
        outcome = await collect_stream(
            pool, hasty_bluesky(), "posts", gate=Noting(), enough=lambda page: bool(pages.append(page))
        )
    assert outcome is not None
    assert outcome.state == "unavailable"
    assert answered == sum(page.asked > 0 for page in pages)


_PROGRAM = """
import asyncio
from lib.collect.opening import open_source
from lib.collect.rounds import collect_round
from lib.db.pool import open_pool
from lib.settings import load_settings

async def main():
    settings = load_settings()
    async with open_pool(settings.database_url.get_secret_value(), application="test") as pool:
        async with open_source(pool, settings, "bluesky") as opened:
            [outcome] = await collect_round(pool, opened, opened.source.streams())
            print(outcome.state, outcome.new)

asyncio.run(main())
"""


async def test_another_program_collects_with_nothing_but_its_environment(
    pool: Pool, database_url: str, local_bluesky: LocalBluesky
) -> None:
    begun = local_bluesky.now_us() - 30_000_000
    async with pool.acquire() as conn:
        await save_cursor(conn, "bluesky", "posts", {"time_us": begun})
    local_bluesky.publish(*(post(f"$AAPL {n}", time_us=begun + n * 1_000_000, rkey=f"p{n}") for n in range(30)))
    local_bluesky.publish(post("good morning", time_us=begun + 30_000_000, rkey="beside_the_point"))
    local_bluesky.murmur(0.2)
    local_bluesky.spoils.then("*", CutOff(25))
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | local_bluesky.environment | {"INSITECHART_DATABASE_URL": database_url},
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, complaints = await program.communicate()
    assert (program.returncode, said.decode().splitlines()[-1:]) == (0, ["ok 30"]), complaints.decode()
    assert await pool.fetchval("SELECT count(DISTINCT external_id) FROM posts WHERE author IS NOT NULL") == 30
    assert {asked.host for asked in local_bluesky.asked} == {
        "jetstream2.us-east.bsky.network", "jetstream1.us-east.bsky.network",
    }  # fmt: skip
