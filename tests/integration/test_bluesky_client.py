"""The real WebSocket client against a local Jetstream, through the CONNECT proxy and TLS: what its events become."""

from collections import Counter
from datetime import timedelta

import pytest

from lib.errors import ConfigurationError
from lib.sources.bluesky.gathering import Room
from lib.sources.posts import Backfills, PostSource
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_events import account, deletion, identity, post, uri
from tests.support.access import NotedAccess
from tests.support.bluesky import FROM_NOON, HOSTS, at, at_us, haste, hasty_bluesky, heard, is_over, names


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


async def test_it_is_a_source_that_backfills() -> None:
    source = hasty_bluesky()
    assert isinstance(source, PostSource)
    assert isinstance(source, Backfills)
    assert source.streams() == ("posts",)
    assert source.reach("posts") == timedelta(hours=24)
    assert source.volume("posts", at(0), at(60)).posts is None


@pytest.mark.parametrize("host", ["a b", "http://example.com", "wss://", "ws://host:port", "a" * 64])
async def test_an_address_that_cannot_be_is_said_before_anything_is_asked(host: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a Jetstream"):
        hasty_bluesky(hosts=(host,))


async def test_a_server_of_one_s_own_needs_no_tls(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(post("$A", time_us=at_us(1), rkey="a"))
    pages = await heard(hasty_bluesky(hosts=(local_bluesky.address,)), FROM_NOON, is_over(1))
    assert names(pages) == ["a"]
