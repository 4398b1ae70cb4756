"""Gaps of posts filled from a source that remembers: exactly once, whatever fails, is refused or is killed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from lib.collect.backfill import fill
from lib.collect.gaps import find_post_gaps
from lib.collect.gate import Gate
from lib.collect.plans import plan_posts, queue_plan
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool
from lib.errors import OverBudget, RateLimited
from lib.sources.posts import Cursor, Page
from tests.support.seed import add_coverage
from tests.support.streams import Played, Remembering, at, opened, page

_DUE_NOW = "UPDATE gaps SET next_try_at = clock_timestamp() WHERE state = 'open'"
_GAPS = "SELECT state, window_start, window_end FROM gaps ORDER BY window_start, id"


async def windows(pool: Pool) -> list[tuple[str, float, float]]:
    def minute(moment: datetime) -> float:
        return (moment - at(0)) / timedelta(minutes=1)

    return [(row["state"], minute(row["window_start"]), minute(row["window_end"])) for row in await pool.fetch(_GAPS)]


async def heard(pool: Pool, *spans: tuple[float, float]) -> None:
    """The stream was answered for these minutes of the tests' day."""
    for start, end in spans:
        await add_coverage(pool, "played", "posts/all", at(end), length=timedelta(minutes=end - start))


HISTORY = {minute: f"p{minute}" for minute in range(10, 50, 2)}


async def names(pool: Pool) -> set[str]:
    rows = await pool.fetch("SELECT external_id FROM posts")
    return {row["external_id"] for row in rows}


async def test_a_gap_of_posts_is_read_from_the_past_and_accounted_for(pool: Pool) -> None:
    await heard(pool, (0, 10), (50, 60))
    source = Remembering(HISTORY)
    await find_post_gaps(pool, source)
    (filled,) = await fill(pool, opened(source))
    assert (filled.state, filled.reason, filled.new, filled.asked) == ("filled", "20 posts came.", 20, 8)
    assert await names(pool) == set(HISTORY.values())
    assert await pool.fetchval("SELECT count(*) FROM posts WHERE verify_after IS NULL") == 0
    row = await pool.fetchrow("SELECT state, window_start, window_end, received FROM coverage ORDER BY id DESC LIMIT 1")
    assert tuple(row or ()) == ("ok", at(10), at(50), 20)
    assert await pool.fetchval("SELECT count(*) FROM cursors WHERE stream LIKE 'past/%'") == 0
    assert await find_post_gaps(pool, source) == []


@pytest.mark.parametrize("pages", range(1, 8))
async def test_killed_after_any_page_the_next_reader_goes_on_behind_it(pool: Pool, pages: int) -> None:
    await heard(pool, (0, 10), (50, 60))
    source = Remembering(HISTORY)
    await find_post_gaps(pool, source)
    reached = asyncio.Event()

    class Dying(Remembering):
        async def past(
            self, stream: str, start: datetime, end: datetime, cursor: Cursor | None
        ) -> AsyncGenerator[Page, None]:
            seen = 0
            async for found in source.past(stream, start, end, cursor):
                yield found
                seen += 1
                if seen == pages:
                    reached.set()
                    await asyncio.sleep(60)

    task = asyncio.create_task(fill(pool, opened(Dying())))
    await reached.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    (filled,) = await fill(pool, opened(source))

    assert filled.state == "filled"
    assert [question[2] for question in source.asked] == [None, {"until": at(50 - 5 * pages).isoformat()}]
    assert await names(pool) == set(HISTORY.values())
    answers = await pool.fetch("SELECT window_start, window_end, received FROM coverage WHERE window_end = $1", at(50))
    assert [tuple(row) for row in answers] == [(at(10), at(50), 20)]


async def test_what_was_refused_keeps_its_place_and_its_reason(pool: Pool) -> None:
    await heard(pool, (0, 10), (50, 60))
    source = Remembering(HISTORY)
    await find_post_gaps(pool, source)
    source.past_script = [None, None, OverBudget("played", "Nothing is left for today.")]
    (tried,) = await fill(pool, opened(source))
    assert (tried.state, tried.reason, tried.new) == ("open", "Nothing is left for today.", 5)
    (gap,) = await open_gaps(pool)
    assert (gap.reason, gap.tries) == (tried.reason, 1)
    told = await pool.fetch("SELECT state, window_start, window_end FROM coverage WHERE state = 'over_budget'")
    assert [tuple(row) for row in told] == [("over_budget", at(10), at(40))]

    await pool.execute(_DUE_NOW)
    until = datetime.now(UTC) + timedelta(hours=9)
    source.past_script = [RateLimited("played", "Slow down.", until=until)]
    await fill(pool, opened(source))
    (gap,) = await open_gaps(pool)
    assert (gap.tries, gap.next_try_at) == (2, until)

    await pool.execute(_DUE_NOW)
    (filled,) = await fill(pool, opened(source))
    assert (filled.state, len(source.asked)) == ("filled", 3)
    assert await names(pool) == set(HISTORY.values())
    assert (
        await pool.fetchval("SELECT sum(received) FROM coverage WHERE state = 'ok' AND window_end <= $1", at(50)) == 27
    )


async def test_a_closed_gate_is_not_knocked_at(pool: Pool) -> None:
    await heard(pool, (0, 10), (50, 60))
    source = Remembering(HISTORY)
    await find_post_gaps(pool, source)
    gate = Gate()
    gate.close("denied", "It says 401.")
    assert await fill(pool, opened(source, gate=gate)) == []
    gate = Gate()
    gate.close("denied", "It is private.", stream="posts/all")
    (left,) = await fill(pool, opened(source, gate=gate))
    assert (left.state, left.reason, source.asked) == ("open", "Not asked: It is private.", [])


async def test_what_is_out_of_reach_by_now_is_lost_and_the_rest_is_read(pool: Pool) -> None:
    await heard(pool, (0, 10), (50, 60))
    source = Remembering(HISTORY)
    await find_post_gaps(pool, source)
    source.kept_for = datetime.now(UTC) - at(25)
    (filled,) = await fill(pool, opened(source))
    assert filled.state == "filled"
    (lost, rest) = await windows(pool)
    assert (lost[0], rest[0], rest[2]) == ("lost", "filled", 50)
    assert lost[2] == rest[1] > 25
    assert await names(pool) == {name for minute, name in HISTORY.items() if minute >= rest[1]}


async def test_a_gap_that_left_the_reach_as_a_whole_is_lost(pool: Pool) -> None:
    await heard(pool, (0, 10), (50, 60))
    source = Remembering(HISTORY)
    await find_post_gaps(pool, source)
    source.kept_for = timedelta(days=1)
    (lost,) = await fill(pool, opened(source))
    assert (lost.state, lost.reason) == ("lost", "played can be asked about the last 1 days only.")
    assert await windows(pool) == [("lost", 10, 50)]
    assert source.asked == []
    assert await pool.fetchval("SELECT state FROM coverage ORDER BY id DESC LIMIT 1") == "unavailable"


async def test_an_answer_that_leaves_a_part_out_does_not_close_the_gap(pool: Pool) -> None:
    class Forgetful(Remembering):
        async def past(
            self, stream: str, start: datetime, end: datetime, cursor: Cursor | None
        ) -> AsyncGenerator[Page, None]:
            yield page(30, 50, "late")

    await heard(pool, (0, 10), (50, 60))
    await find_post_gaps(pool, Forgetful())
    (tried,) = await fill(pool, opened(Forgetful()))
    assert (tried.state, tried.reason, tried.new) == ("open", "played left a part of it unanswered.", 1)
    await pool.execute(_DUE_NOW)
    source = Remembering(HISTORY)
    (filled,) = await fill(pool, opened(source))
    assert (filled.state, source.asked[0][2]) == ("filled", None)
    assert await names(pool) == {*HISTORY.values(), "late"}


async def test_a_backfill_of_posts_is_planned_by_the_day_without_what_was_heard(pool: Pool) -> None:
    await heard(pool, (0, 60))
    source = Remembering(HISTORY, minutes=60)
    plan = await plan_posts(pool, source, ["posts/all"], at(-60 * 36), at(120))
    assert [(shard.start, shard.end, shard.calls, shard.dollars) for shard in plan.shards] == [
        (at(-60 * 36), at(-60 * 12), 24, "0.24"),
        (at(-60 * 12), at(0), 12, "0.12"),
        (at(60), at(120), 1, "0.01"),
    ]
    assert (plan.total().calls, plan.total().dollars, plan.total().posts) == (37, "0.37", None)
    assert source.asked == []
    ids = await queue_plan(pool, plan)
    assert await queue_plan(pool, await plan_posts(pool, source, ["posts/all"], at(-60 * 36), at(120))) == ids
    filled = await fill(pool, opened(source), ids=ids)
    assert {gap.state for gap in filled} == {"filled"}
    assert (await plan_posts(pool, source, ["posts/all"], at(-60 * 36), at(120))).shards == ()


async def test_a_source_without_a_past_has_no_plan_but_a_reason(pool: Pool) -> None:
    plan = await plan_posts(pool, Played(), ["posts/all"], at(0), at(60))
    assert (plan.shards, plan.notes) == ((), ("played cannot be asked about the past.",))
