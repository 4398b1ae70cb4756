"""The real WebSocket client against a local Jetstream, through the CONNECT proxy and TLS: what its events become."""

import asyncio
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import monotonic

import pytest

from lib.errors import ConfigurationError
from lib.sources.bluesky.gathering import Room
from lib.sources.posts import Backfills, Lost, PostSource
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_events import account, deletion, identity, post, uri
from tests.servers.bluesky_spoils import Freeze
from tests.servers.faults import Slow
from tests.support.access import NotedAccess
from tests.support.bluesky import HOSTS, at_us, haste, hasty_bluesky, heard, names

NOON = datetime(2026, 3, 2, 14, tzinfo=UTC)
FROM_NOON = {"time_us": at_us(0)}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def is_over(seconds: float) -> object:
    return lambda pages: pages[-1].end >= at(seconds)


async def test_only_what_concerns_us_is_kept_and_the_rest_is_counted(local_bluesky: LocalBluesky) -> None:
    texts = ["$AAPL 🚀", "good morning", "$005930.KS 삼성전자", "$" * 5_000, "$AA\0PL", "news"]
    local_bluesky.publish(*(post(text, time_us=at_us(n), rkey=f"p{n}") for n, text in enumerate(texts)))
    local_bluesky.publish(identity(time_us=at_us(6)), account(time_us=at_us(7), active=True))

    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(7))

    assert [p.text for page in pages for p in page.posts] == ["$AAPL 🚀", "$005930.KS 삼성전자", "$" * 5_000, "$AAPL"]
    assert sum(page.received for page in pages) == 6
    assert sum((Counter(page.dropped) for page in pages), Counter()) == {"off topic": 2}
    assert not any(page.deleted or page.deleted_authors or page.lost for page in pages)


async def test_it_says_who_it_is_and_asks_for_posts_alone(local_bluesky: LocalBluesky) -> None:
    access = NotedAccess()
    local_bluesky.publish(post("$A", time_us=at_us(1), rkey="a"))
    await heard(hasty_bluesky(access), FROM_NOON, is_over(1))
    [asked] = local_bluesky.asked
    assert asked.host == HOSTS[0]
    assert asked.collections == ("app.bsky.feed.post",)
    assert asked.user_agent.startswith("InsiteChart/")
    assert access.turns == [HOSTS[0]]


async def test_what_is_strange_is_counted_and_does_no_harm(local_bluesky: LocalBluesky) -> None:
    strange = [
        {"did": "did:plc:x", "time_us": at_us(1), "kind": "weather"},
        {"did": "did:plc:x", "time_us": at_us(1), "kind": "commit"},
        {"did": "did:plc:x", "time_us": at_us(1), "kind": "account"},
        post("$A", time_us=at_us(2), rkey="liked") | {"kind": "weather"},
        post("$A", time_us=at_us(2), rkey="a/b"),
        post("$A", time_us=at_us(2), rkey="sung", operation="sing"),
        {
            "did": "did:plc:x",
            "time_us": at_us(3),
            "kind": "commit",
            "commit": {"operation": "create", "collection": "x"},
        },
    ]
    wordless = post("$A", time_us=at_us(3), rkey="wordless")
    del wordless["commit"]["record"]["text"]
    local_bluesky.publish(*strange, wordless, post("$A", time_us=at_us(4), rkey="a"))

    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(4))

    assert names(pages) == ["a"]
    assert sum((Counter(page.dropped) for page in pages), Counter()) == {
        "of an unknown kind": 4, "without a usable address": 1, "not a post": 1, "without readable words": 1,
    }  # fmt: skip


async def test_deletions_are_passed_on_whatever_they_are_about(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(
        post("$A", time_us=at_us(1), rkey="regretted"),
        deletion(time_us=at_us(1.5), rkey="regretted"),
        deletion(time_us=at_us(2), rkey="never_heard_of"),
        post("$A", time_us=at_us(3), rkey="stays"),
    )
    pages = await heard(hasty_bluesky(manners=haste(page_s=1)), FROM_NOON, is_over(3))
    assert names(pages) == ["stays"]
    assert [name for page in pages for name in page.deleted] == [uri("regretted"), uri("never_heard_of")]


async def test_an_account_that_is_gone_takes_its_posts_along(local_bluesky: LocalBluesky) -> None:
    gone = ("deleted", "takendown", "suspended", "deactivated")
    there = ("desynchronized", "throttled", None)
    local_bluesky.publish(
        *(account(time_us=at_us(1), did=f"did:plc:{status}", status=status) for status in (*gone, *there)),
        account(time_us=at_us(1), did="did:plc:back", active=True, status="deactivated"),
        account(time_us=at_us(1), did="no did\0", status="deleted"),
        post("$A", time_us=at_us(2), rkey="a"),
    )
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(2))
    assert [page.deleted_authors for page in pages if page.deleted_authors] == [
        {f"did:plc:{status}": at(1) for status in gone}
    ]


async def test_a_new_version_is_passed_on_even_if_it_no_longer_concerns_us(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(
        post("$A", time_us=at_us(1), rkey="a"),
        post("never mind", time_us=at_us(2), rkey="a", operation="update"),
    )
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(2))
    last = [p for page in pages for p in page.posts][-1]
    assert (last.text, last.edited_at) == ("never mind", at(2))
    assert not any(page.live for page in pages)


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


async def test_what_arrives_after_its_end_does_not_outlive_it(local_bluesky: LocalBluesky) -> None:
    # as a host does that changes from replay to live: the end jumps the queue
    local_bluesky.publish(
        deletion(time_us=at_us(3), rkey="a"),
        account(time_us=at_us(3), did="did:plc:wavers", status="suspended"),
        post("$A", time_us=at_us(1), rkey="a"),
        post("$A", time_us=at_us(2), rkey="b", did="did:plc:wavers"),
        post("$A", time_us=at_us(4), rkey="c", did="did:plc:wavers"),
    )
    pages = await heard(hasty_bluesky(manners=haste(room=Room(events=1))), FROM_NOON, is_over(4))
    assert names(pages) == ["c"]
    assert sum((Counter(page.dropped) for page in pages), Counter()) == {"deleted already": 2}


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


async def test_it_is_a_source_that_backfills() -> None:
    source = hasty_bluesky()
    assert isinstance(source, PostSource)
    assert isinstance(source, Backfills)
    assert source.streams() == ("posts",)
    assert source.reach("posts") == timedelta(hours=24)
    assert source.volume("posts", at(0), at(60)).posts is None


@pytest.mark.parametrize("host", ["a b", "http://example.com", "wss://", "ws://host:port"])
async def test_an_address_that_cannot_be_is_said_before_anything_is_asked(host: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a Jetstream"):
        hasty_bluesky(hosts=(host,))


async def test_a_server_of_one_s_own_needs_no_tls(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(post("$A", time_us=at_us(1), rkey="a"))
    pages = await heard(hasty_bluesky(hosts=(local_bluesky.address,)), FROM_NOON, is_over(1))
    assert names(pages) == ["a"]


@pytest.mark.parametrize("moment", ["at once", "connected", "frozen", "full", "unreachable"])
async def test_closed_it_is_gone_at_once_and_leaves_nothing(
    local_bluesky: LocalBluesky, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = asyncio.all_tasks()
    local_bluesky.publish(*(post("$A" * 200, time_us=at_us(n / 1_000), rkey=f"p{n}") for n in range(3_000)))
    if moment == "frozen":
        local_bluesky.spoils.then("*", Freeze(after=1))
    if moment == "unreachable":
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    room = Room(events=100) if moment == "full" else Room()
    reading = hasty_bluesky(manners=haste(room=room, page_s=0.01)).pages("posts", FROM_NOON)
    async for page in reading:
        if moment in ("at once", "unreachable") or page.received:
            break
    if moment == "full":
        await asyncio.sleep(0.1)
    began = monotonic()
    await reading.aclose()
    assert monotonic() - began < 1
    assert asyncio.all_tasks() == before
    for _ in range(200):
        await asyncio.sleep(0.01 if local_bluesky.open else 0)
    assert local_bluesky.open == 0


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
