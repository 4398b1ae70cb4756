"""A stream collected into the tables: page, cursor and account together, whoever is killed, refused or waits."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from lib.collect.circuits import shared_gate
from lib.collect.gate import Gate
from lib.collect.posts import PostsOutcome, collect_stream
from lib.db.asking.circuits import close_circuits
from lib.db.cursors import pending_account, read_cursor
from lib.db.pool import Pool
from lib.errors import Denied, RateLimited, Unavailable
from lib.sources.posts import Lost
from tests.support.streams import Played, at, page

_COVERAGE = """
SELECT window_start, window_end, state, reason, asked, received FROM coverage
WHERE source = 'played' ORDER BY window_start, id
"""


async def collect(pool: Pool, source: Played, gate: Gate | None = None, **options: object) -> PostsOutcome:
    outcome = await collect_stream(pool, source, "posts/all", gate=gate or Gate(), **options)  # type: ignore[arg-type]
    assert outcome is not None
    return outcome


async def windows(pool: Pool) -> list[tuple[float, float, str]]:
    """The accounts in minutes of the tests' day."""
    return [
        ((row["window_start"] - at(0)) / timedelta(minutes=1), (row["window_end"] - at(0)) / timedelta(minutes=1),
         row["state"])
        for row in await pool.fetch(_COVERAGE)
    ]  # fmt: skip


async def test_pages_that_touch_become_one_account(pool: Pool) -> None:
    outcome = await collect(pool, Played(page(0, 5, "a"), page(5, 10, "b", "c"), page(10, 15)))
    assert (outcome.new, outcome.state, outcome.pages) == (3, "ok", 3)
    assert await windows(pool) == [(0, 15, "ok")]
    assert await read_cursor(pool, "played", "posts/all") == {"minute": 15}
    assert await pending_account(pool, "played", "posts/all") is None
    assert await pool.fetchval("SELECT count(*) FROM posts") == 3


async def test_pages_that_do_not_touch_leave_the_hole_visible(pool: Pool) -> None:
    await collect(pool, Played(page(0, 5, "a"), page(8, 10)))
    assert await windows(pool) == [(0, 5, "ok"), (8, 10, "empty")]


async def test_what_a_killed_reader_stored_is_accounted_for_by_the_next(pool: Pool) -> None:
    source = Played(page(0, 5, "a"), page(5, 10, "b"))

    async def killed() -> None:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        await collect(pool, source, on_stored=killed)
    assert await windows(pool) == []
    await collect(pool, source)
    assert source.cursors == [None, {"minute": 5}]
    assert await windows(pool) == [(0, 10, "ok")]
    assert await pool.fetchval("SELECT count(*) FROM posts") == 2


async def test_a_failure_accounts_for_what_was_not_heard_and_nothing_else(pool: Pool) -> None:
    await collect(pool, Played(page(0, 5, "a")))
    outcome = await collect(pool, Played(page(5, 8, "b"), Unavailable("played", "It is down.")))
    assert (outcome.state, outcome.reason) == ("unavailable", "It is down.")
    rows = await pool.fetch(_COVERAGE)
    assert [(row["state"], row["window_start"]) for row in rows] == [
        ("ok", at(0)), ("ok", at(5)), ("unavailable", at(8)),
    ]  # fmt: skip
    assert await read_cursor(pool, "played", "posts/all") == {"minute": 8}


async def test_what_is_lost_is_said_in_coverage_and_among_the_gaps(pool: Pool) -> None:
    lost = Lost(start=at(0), end=at(20), reason="only the newest 1,000 are listed")
    await collect(pool, Played(page(0, 30, "a", lost=(lost,))))
    assert await windows(pool) == [(0, 20, "unavailable"), (20, 30, "ok")]
    gap = await pool.fetchrow("SELECT state, closing, window_start, window_end FROM gaps")
    assert tuple(gap or ()) == ("lost", lost.reason, at(0), at(20))


async def test_deletions_of_posts_and_of_accounts_are_followed_at_once(pool: Pool) -> None:
    await collect(pool, Played(page(0, 5, "a", "b", "c")))
    outcome = await collect(pool, Played(page(5, 6, deleted=("a", "never seen"), deleted_authors={"by c": at(5)})))
    assert outcome.forgotten == 2
    left = await pool.fetch(
        "SELECT external_id FROM posts WHERE text IS NOT NULL OR author IS NOT NULL OR url IS NOT NULL"
    )
    assert [row["external_id"] for row in left] == ["b"]


async def test_refused_once_it_is_not_asked_again_until_a_person_acts(pool: Pool) -> None:
    denied = Denied("played", "It says 401.", hint="Set another key.")
    await collect(pool, Played(denied), await shared_gate(pool, "played", "key1"))

    silent = Played(page(0, 5, "a"))
    outcome = await collect(pool, silent, await shared_gate(pool, "played", "key1"))
    assert silent.cursors == []
    assert outcome.state == "denied"
    assert "insitechart sources reset played" in outcome.reason
    assert [row["asked"] for row in await pool.fetch(_COVERAGE)] == [1, 0]

    assert (await collect(pool, Played(page(0, 5, "a")), await shared_gate(pool, "played", "key2"))).state == "ok"
    assert await close_circuits(pool, "played", by="a test") == 1
    assert (await collect(pool, Played(page(5, 6)), await shared_gate(pool, "played", "key1"))).state == "empty"


async def test_a_stream_that_is_refused_does_not_close_the_others(pool: Pool) -> None:
    gate = await shared_gate(pool, "played", "")
    await gate.failed(Denied("played", "This one is private.", stream="posts/private"))
    await gate.failed(RateLimited("played", "This one is slow.", stream="posts/slow"))
    assert (await collect(pool, Played(page(0, 5, "a")), gate)).state == "ok"
    later = await shared_gate(pool, "played", "")
    assert later.closed("posts/private") is not None
    assert later.closed("posts/slow") is None


async def test_one_reader_at_a_time_and_an_endless_one_hands_over(pool: Pool) -> None:
    begun = asyncio.Event()

    async def stored() -> None:
        begun.set()

    endless = Played(endless=True)
    first = asyncio.create_task(collect(pool, endless, on_stored=stored))
    await begun.wait()
    assert await collect_stream(pool, Played(), "posts/all", gate=Gate()) is None
    successor = Played()
    await collect(pool, successor, wait=True)
    outcome = await first
    assert outcome.pages > 0
    assert successor.cursors == [{"minute": outcome.pages}]
