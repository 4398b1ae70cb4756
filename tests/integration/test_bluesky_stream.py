"""The stream as it is read, left and read on: windows that touch, holes that are told, a past, and an end at once."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import monotonic

import pytest

from lib.sources.bluesky.gathering import Room
from lib.sources.bluesky.line import Timing
from lib.sources.posts import Lost
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_events import post
from tests.servers.bluesky_spoils import Freeze
from tests.servers.faults import Slow
from tests.support.bluesky import FROM_NOON, HOSTS, NOON, at, at_us, haste, hasty_bluesky, heard, is_over, names


async def test_never_read_before_it_begins_an_hour_ago(local_bluesky: LocalBluesky) -> None:
    now = local_bluesky.now_us()
    minute = 60_000_000
    local_bluesky.publish(post("$A", time_us=now - 61 * minute, rkey="too_old"))
    local_bluesky.publish(*(post("$A", time_us=now + n * 5_000_000, rkey=f"p{n}") for n in range(-600, 0)))
    local_bluesky.script.then("*", Slow(0.2))
    pages = await heard(hasty_bluesky(), None, lambda pages: "p-1" in names(pages))
    first = next(page for page in pages if page.received)
    assert names(pages)[0] == "p-600"
    # nothing is accounted for before the first event, and no place in the stream is known
    assert pages.index(first) > 0
    assert {(page.start == page.end, page.cursor) for page in pages[: pages.index(first)]} == {(True, None)}
    assert first.start == datetime.fromtimestamp(now / 1_000_000 - 3_000, UTC)
    assert not any(page.lost for page in pages)


async def test_windows_follow_one_another_and_end_where_the_last_event_was(local_bluesky: LocalBluesky) -> None:
    source = hasty_bluesky(manners=haste(room=Room(events=7)))
    local_bluesky.publish(*(post("$A", time_us=at_us(n / 10), rkey=f"p{n}") for n in range(100)))
    pages = await heard(source, FROM_NOON, is_over(9.9))
    local_bluesky.publish(*(post("$B", time_us=at_us(n / 10), rkey=f"p{n}") for n in range(100, 150)))
    pages += await heard(source, pages[-1].cursor, is_over(14.9))

    assert len(pages) > 10
    assert all(earlier.end == later.start for earlier, later in pairwise(pages))
    assert (pages[0].start, pages[-1].end) == (NOON, at(14.9))
    assert all(page.cursor == {"time_us": at_us((page.end - NOON).total_seconds())} for page in pages)
    assert {f"p{n}" for n in range(150)} == set(names(pages))


async def test_a_new_connection_reaches_a_few_seconds_back(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*(post("$A", time_us=at_us(n), rkey=f"p{n}") for n in range(30)))
    pages = await heard(hasty_bluesky(), {"time_us": at_us(20)}, is_over(29))
    assert [asked.cursor for asked in local_bluesky.asked] == [at_us(5)]
    assert names(pages)[0] == "p5"
    assert pages[0].start == at(20)


async def test_what_no_server_keeps_any_more_is_lost(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*(post("$A", time_us=at_us(5 * n), rkey=f"p{n}") for n in range(100)))
    local_bluesky.keeps["*"] = timedelta(seconds=100)
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(495))
    assert [lost for page in pages for lost in page.lost] == [
        Lost(start=NOON, end=at(395), reason="No server of Bluesky has these 395 s.")
    ]
    assert names(pages) == [f"p{n}" for n in range(79, 100)]
    assert all(earlier.end == later.start for earlier, later in pairwise(pages))


async def test_the_server_that_keeps_most_is_read(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*(post("$A", time_us=at_us(5 * n), rkey=f"p{n}") for n in range(100)))
    for host, seconds in zip(HOSTS, (50, 300, 100), strict=True):
        local_bluesky.keeps[host] = timedelta(seconds=seconds)
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(495))
    assert [(lost.start, lost.end) for page in pages for lost in page.lost] == [(NOON, at(195))]
    assert names(pages)[0] == "p39"

    local_bluesky.asked.clear()
    pages = await heard(hasty_bluesky(), {"time_us": at_us(200)}, is_over(495))
    assert not any(page.lost for page in pages)
    assert [asked.host for asked in local_bluesky.asked] == list(HOSTS[:2])


async def test_the_past_is_read_from_start_to_end(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*(post("$A", time_us=at_us(n / 2), rkey=f"p{n}") for n in range(1_000)))
    source = hasty_bluesky(manners=haste(room=Room(events=100)))
    async with asyncio.timeout(10):
        pages = [page async for page in source.past("posts", at(100), at(200), None)]
    assert (pages[0].start, pages[-1].end) == (at(100), at(200))
    assert all(earlier.end == later.start for earlier, later in pairwise(pages))
    assert {f"p{n}" for n in range(200, 400)} <= set(names(pages)) <= {f"p{n}" for n in range(170, 400)}

    again = [page async for page in source.past("posts", at(100), at(200), pages[1].cursor)]
    assert (again[0].start, again[-1].end) == (pages[1].end, at(200))
    assert local_bluesky.open == 0


async def test_the_past_ends_now_and_says_what_is_lost(local_bluesky: LocalBluesky) -> None:
    now = datetime.now(UTC)
    begun = at_us((now - NOON).total_seconds())
    ahead = 600_000_000
    local_bluesky.publish(*(post("$A", time_us=begun + n * 5_000_000, rkey=f"p{n}") for n in range(-20, 100)))
    local_bluesky.keeps["*"] = timedelta(seconds=50) + timedelta(seconds=495)
    async with asyncio.timeout(10):
        pages = [
            page
            async for page in hasty_bluesky().past(
                "posts", now - timedelta(hours=1), now + timedelta(microseconds=ahead), None
            )
        ]
    assert pages[0].start == now - timedelta(hours=1)
    assert now <= pages[-1].end < now + timedelta(seconds=10)
    [lost] = [lost for page in pages for lost in page.lost]
    assert (lost.start, lost.end) == (now - timedelta(hours=1), now - timedelta(seconds=50))
    nothing = [page async for page in hasty_bluesky().past("posts", now, now, None)]
    assert nothing == []


@pytest.mark.parametrize("moment", ["at once", "connected", "frozen", "parting", "full", "unreachable"])
async def test_closed_it_is_gone_at_once_and_leaves_nothing(
    local_bluesky: LocalBluesky, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = asyncio.all_tasks()
    local_bluesky.publish(*(post("$A" * 200, time_us=at_us(n / 1_000), rkey=f"p{n}") for n in range(3_000)))
    if moment in ("frozen", "parting"):
        local_bluesky.spoils.then("*", Freeze(after=1))
    if moment == "unreachable":
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    room = Room(events=100) if moment == "full" else Room()
    timing = Timing(silence_s=0.1, ping_s=0.05, close_s=5) if moment == "parting" else haste().timing
    reading = hasty_bluesky(manners=haste(room=room, page_s=0.01, timing=timing)).pages("posts", FROM_NOON)
    async for page in reading:
        if moment in ("at once", "unreachable") or page.received:
            break
    if moment in ("full", "parting"):
        # until the reader waits for the page to be taken, or for an answer to its goodbye
        await asyncio.sleep(0.4)
    began = monotonic()
    await reading.aclose()
    assert monotonic() - began < 4
    assert asyncio.all_tasks() == before
    # the server hears of it in its own time
    async with asyncio.timeout(30):
        while local_bluesky.open:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_slow_taker_makes_the_reader_wait(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*(post("$A" * 100, time_us=at_us(n / 1_000), rkey=f"p{n}") for n in range(5_000)))
    for room in (Room(events=50), Room(size=30_000)):
        pages = []
        async with aclosing(hasty_bluesky(manners=haste(room=room)).pages("posts", FROM_NOON)) as reading:
            async for page in reading:
                pages.append(page)
                await asyncio.sleep(0.02)
                if len(pages) == 10:
                    break
        assert max(page.received for page in pages) in range(40, 100)
        assert sum(page.received for page in pages) < 1_000
