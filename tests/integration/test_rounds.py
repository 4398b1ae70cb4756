"""A source asked in its own rhythm: each stream once, again and again, or without end until the next worker comes."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from lib.collect.posts import PostsOutcome
from lib.collect.rounds import collect_round, collect_until
from lib.db.pool import Pool
from lib.errors import Denied, Unavailable
from tests.support.streams import Played, at, opened, page

SOON, LATER = timedelta(seconds=0.2), timedelta(hours=1)


async def test_an_endless_stream_is_read_once_to_the_first_page_that_brings_nothing(pool: Pool) -> None:
    source = Played(page(0, 1, "a"), page(1, 2, "b"), page(2, 3), page(3, 4, "c"))
    (outcome,) = await collect_round(pool, opened(source, poll=None), source.streams())
    assert (outcome.new, outcome.pages, len(source.script)) == (2, 3, 1)


async def test_a_polled_source_is_asked_again_until_the_deadline(pool: Pool) -> None:
    source = Played(page(0, 1, "a"))
    told: list[PostsOutcome] = []
    rhythm = opened(source, poll=timedelta(milliseconds=20))
    await collect_until(
        pool, rhythm, source.streams(), datetime.now(UTC) + timedelta(seconds=1), on_outcomes=told.extend
    )
    assert len(source.cursors) > 3
    assert source.cursors[:2] == [None, {"minute": 1}]
    assert len(told) == len(source.cursors)


async def test_a_refused_source_is_not_asked_again_in_this_run(pool: Pool) -> None:
    source = Played(Denied("played", "No."), page(0, 1, "a"))
    rhythm = opened(source, poll=timedelta(milliseconds=1))
    await collect_until(pool, rhythm, source.streams(), datetime.now(UTC) + LATER)
    assert len(source.cursors) == 1


async def test_without_a_way_to_the_source_a_run_ends_calmly(pool: Pool) -> None:
    source = Played(*(Unavailable("played", "There is no network.") for _ in range(50)))
    rhythm = opened(source, poll=timedelta(milliseconds=1))
    await collect_until(pool, rhythm, source.streams(), datetime.now(UTC) + LATER)
    assert len(source.cursors) == 3


async def test_an_endless_stream_is_handed_over_without_a_pause(pool: Pool) -> None:
    begun = asyncio.Event()

    async def tell() -> None:
        begun.set()

    source = Played(endless=True)
    deadline = datetime.now(UTC) + LATER
    first = asyncio.create_task(
        collect_until(pool, opened(source, poll=None), source.streams(), deadline, on_stored=tell)
    )
    await begun.wait()
    await collect_until(pool, opened(source, poll=None), source.streams(), datetime.now(UTC) + SOON)
    await first
    stored = await pool.fetch("SELECT published_at FROM posts ORDER BY published_at")
    assert [row["published_at"] for row in stored] == [at(minute) for minute in range(len(stored))], "none is missing"
    assert source.cursors[0] is None
    assert source.cursors[1] is not None
    windows = await pool.fetch("SELECT window_start, window_end FROM coverage ORDER BY window_start")
    assert all(before["window_end"] == after["window_start"] for before, after in pairwise(windows))
