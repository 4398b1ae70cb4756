"""The real praw against a local Reddit that fails in every way: what is asked again, what comes out, how often."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from lib.errors import DatabaseUnavailable, Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.access import Rate
from lib.sources.posts import Cursor, Page
from lib.sources.reddit.client import Reddit
from lib.sources.reddit.requestor import Manners
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfBody, HalfJson, Slow, Status, TooMany, Trickle
from tests.servers.faults import Page as WebPage
from tests.support.access import NotedAccess
from tests.support.local_reddit import HASTE, AtHand

pytest_plugins = ["tests.support.reddit"]

STREAM = "submissions/stocks"
ONE = HASTE._replace(at_once=1)
LIMITED = Status(429, b"", headers=(("x-ratelimit-reset", "1"), ("x-ratelimit-remaining", "0")))
EXPIRED = Status(401, b'{"message": "Unauthorized", "error": 401}')


async def read(source: Reddit, stream: str = STREAM, cursor: Cursor | None = None) -> list[Page]:
    return [page async for page in source.pages(stream, cursor)]


def names(pages: list[Page]) -> set[str]:
    return {post.external_id for page in pages for post in page.posts}


PASSING: list[Fault] = [
    TooMany("0"), TooMany(), LIMITED, BAD_GATEWAY, Status(500), Status(503), Status(520), Status(400, b"<html>"),
    WebPage(), HalfJson(), HalfBody(), Cut(), Slow(0.05), Trickle(0.1), EXPIRED, Status(200), Status(204),
    Status(200, b"[]"), Status(200, b'"words"'), Status(200, b'{"kind": "Listing", "data": null}'),
    Status(200, b'{"kind": "Listing", "data": {"after": "t3_1", "children": []}}'),
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_one_bad_answer_is_asked_again(reddit: AtHand, fault: Fault) -> None:
    name = reddit.server.submit("stocks")
    reddit.server.script.then(STREAM, fault)
    async with reddit.source() as source:
        assert names(await read(source)) == {name}
        reddit.server.script.then("info", fault)
        assert len((await source.verify([name])).posts) == 1
    assert len(reddit.server.asked(STREAM)) == (1 if isinstance(fault, Slow | Trickle) else 2)


LASTING: list[tuple[Fault, type[SourceError], str, int]] = [
    (TooMany(), RateLimited, "", 3),
    (TooMany("3600"), RateLimited, "", 1),
    (BAD_GATEWAY, Unavailable, "", 3),
    (Status(500), Unavailable, "", 3),
    (Status(503), Unavailable, "", 3),
    (Status(400, b"<html>"), Unavailable, "", 3),
    (WebPage(), Malformed, "", 3),
    (HalfJson(), Malformed, "", 3),
    (HalfBody(), Unavailable, "", 3),
    (Cut(), Unavailable, "", 3),
    (EXPIRED, Denied, "", 2),
    (Status(402), Denied, "", 1),
    (Status(403, b"<html>blocked</html>", "text/html"), Denied, "", 1),
    (Status(403, b'{"message": "Forbidden", "error": 403}'), Denied, STREAM, 1),
    (Status(403, b'{"error": 403}', headers=(("WWW-Authenticate", "nonsense"),)), Denied, STREAM, 1),
    (Status(451), Denied, STREAM, 1),
    (Status(302), Denied, STREAM, 1),
]


@pytest.mark.parametrize(("fault", "kind", "stream", "calls"), LASTING, ids=str)
async def test_what_lasts_comes_out_as_our_error_after_exactly_so_many_calls(
    reddit: AtHand, fault: Fault, kind: type[SourceError], stream: str, calls: int
) -> None:
    """praw's core would ask three times for each of ours."""
    reddit.server.submit("stocks")
    reddit.server.script.always(STREAM, fault)
    async with reddit.source() as source:
        with pytest.raises(SourceError) as raised:
            await read(source)
    assert type(raised.value) is kind
    assert raised.value.stream == stream
    assert len(reddit.server.asked(STREAM)) == calls


@pytest.mark.parametrize(
    ("fault", "kind", "calls"),
    [
        (TooMany(), RateLimited, 3),
        (BAD_GATEWAY, Unavailable, 3),
        (Cut(), Unavailable, 3),
        (WebPage(), Malformed, 3),
        (Status(200, b'{"expires_in": 1}'), Malformed, 3),
        (Status(200, b'{"error": "invalid_grant"}'), Denied, 1),
        (Status(401), Denied, 1),
        (Status(403, b"<html>", "text/html"), Denied, 1),
    ],
    ids=str,
)
async def test_without_a_token_nothing_is_asked(
    reddit: AtHand, fault: Fault, kind: type[SourceError], calls: int
) -> None:
    reddit.server.script.always("token", fault)
    async with reddit.source() as source:
        with pytest.raises(SourceError) as raised:
            await read(source)
    assert type(raised.value) is kind
    assert raised.value.stream == ""
    assert [call.key for call in reddit.server.calls] == ["token"] * calls


async def test_wrong_keys_are_told_and_never_shown(reddit: AtHand) -> None:
    async with reddit.source(reddit_client_id="wrong-client") as source:
        with pytest.raises(Denied, match="does not accept the application's keys") as raised:
            await read(source)
    assert "INSITECHART_REDDIT_CLIENT_ID" in raised.value.hint
    assert "local-secret" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("reason", ["private", "quarantined", "banned"])
async def test_a_subreddit_that_is_closed_says_so_for_its_streams_alone(reddit: AtHand, reason: str) -> None:
    reddit.server.refusals["closed"] = reason
    name = reddit.server.submit("stocks")
    async with reddit.source("closed", "stocks") as source:
        for stream in ("submissions/closed", "comments/closed"):
            with pytest.raises(Denied, match=reason) as raised:
                await read(source, stream)
            assert raised.value.stream == stream
        assert names(await read(source)) == {name}


@pytest.mark.parametrize("subreddit", ["nowhere", "not a name", "a/../../api/v1/me", "?raw"])
async def test_a_subreddit_that_does_not_exist_is_refused(reddit: AtHand, subreddit: str) -> None:
    async with reddit.source(subreddit) as source:
        stream = source.streams()[0]
        with pytest.raises(Denied) as raised:
            await read(source, stream)
    assert raised.value.stream == stream


async def test_a_token_that_expires_is_renewed(reddit: AtHand) -> None:
    name = reddit.server.submit("stocks")
    async with reddit.source(manners=ONE) as source:
        await read(source)
        reddit.server.expire_tokens()
        assert names(await read(source)) == {name}
    assert [call.key for call in reddit.server.calls] == ["token", STREAM, STREAM, "token", STREAM]
    assert len(reddit.access.turns) == 5


async def test_told_to_wait_long_nobody_asks_again(reddit: AtHand) -> None:
    reddit.server.submit("stocks")
    async with reddit.source(manners=ONE) as source:
        await read(source)
        reddit.server.calls.clear()
        reddit.server.script.then(STREAM, TooMany("3600"))
        with pytest.raises(RateLimited) as first:
            await read(source)
        with pytest.raises(RateLimited) as second:
            await read(source, "comments/stocks")
    assert [call.key for call in reddit.server.calls] == [STREAM]
    assert first.value.until is not None
    assert second.value.until == first.value.until
    assert timedelta(minutes=59) < first.value.until - datetime.now(UTC) < timedelta(minutes=61)


async def test_told_to_wait_a_moment_it_waits(reddit: AtHand) -> None:
    reddit.server.submit("stocks")
    async with reddit.source() as source:
        await read(source)
        reddit.server.calls.clear()
        reddit.server.script.then(STREAM, LIMITED)
        await read(source)
    refused, again = reddit.server.asked(STREAM)
    assert again.at - refused.at >= timedelta(seconds=0.95)


async def test_a_limit_that_is_nearly_used_up_is_left_alone(reddit: AtHand) -> None:
    """praw would go on to the last call, and then sleep in its thread until the limit is renewed."""
    reddit.server.submit("stocks")
    reddit.server.allowance, reddit.server.reset_s = 7, 400
    async with reddit.source() as source:
        assert await read(source)
        assert await read(source)
        with pytest.raises(RateLimited) as raised:
            await read(source)
    assert reddit.server.allowance == 5
    assert raised.value.until is not None
    assert timedelta(seconds=390) < raised.value.until - datetime.now(UTC) < timedelta(seconds=401)


@pytest.mark.parametrize("slow", [Slow(3), Trickle(3)], ids=str)
async def test_slower_than_its_patience_is_unavailable(reddit: AtHand, slow: Fault) -> None:
    reddit.server.submit("stocks")
    reddit.server.script.always(STREAM, slow)
    hurried = Manners(HASTE.rate, timeout_s=0.3, patience=HASTE.patience._replace(attempts=1))
    async with reddit.source(manners=hurried) as source:
        began = monotonic()
        with pytest.raises(Unavailable, match="no answer in time"):
            await read(source)
        assert monotonic() - began < 2
    assert len(reddit.server.asked(STREAM)) == 1


async def test_without_a_way_to_reddit_it_is_unavailable(reddit: AtHand) -> None:
    async with reddit.source(reddit_url="http://127.0.0.1:1", reddit_oauth_url="http://127.0.0.1:1") as source:
        with pytest.raises(Unavailable, match="cannot be reached: the connection failed"):
            await read(source)


@pytest.mark.parametrize("cause", [DatabaseUnavailable("It is gone."), OSError("It is gone.")], ids=repr)
async def test_what_keeps_it_from_asking_is_not_taken_for_an_answer(reddit: AtHand, cause: Exception) -> None:
    class Broken(NotedAccess):
        async def turn(self, host: str, rate: Rate, *, patience_s: float) -> None:
            raise cause

    reddit.access = Broken()
    async with reddit.source() as source:
        with pytest.raises(type(cause), match=r"It is gone\."):
            await read(source)
    assert reddit.server.calls == []


async def test_two_streams_are_read_side_by_side(reddit: AtHand) -> None:
    reddit.server.submit("stocks")
    reddit.server.comment("stocks")
    for stream in (STREAM, "comments/stocks"):
        reddit.server.script.always(stream, Slow(2))
    async with reddit.source() as source:
        await source.verify(["t3_1"])
        began = monotonic()
        await asyncio.gather(read(source), read(source, "comments/stocks"))
        assert monotonic() - began < 3.8
