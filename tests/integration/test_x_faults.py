"""The real tweepy against a local X that fails in every way: what is asked again, what comes out, what is paid."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from lib.errors import Denied, Malformed, OverBudget, RateLimited, SourceError, Unavailable
from lib.sources.patience import Patience
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.x import (
    CAPPED,
    FORBIDDEN,
    NO_CREDITS,
    UNAUTHORIZED,
    Hollow,
    Limited,
    LocalX,
    Repeat,
    Shuffle,
    Skip,
)
from tests.support.access import NotedAccess
from tests.support.x import APPLE, SAMSUNG, all_pages, in_haste, opened_x, texts, x_settings

ATTEMPTS = in_haste().patience.attempts


def publish(x: LocalX, number: int) -> list[str]:
    """That many posts of the last half hour; returns their words, oldest first."""
    words = [f"$AAPL {n}" for n in range(number)]
    for n, text in enumerate(words):
        x.posts.publish(text, x.clock() - timedelta(minutes=40) + timedelta(seconds=n))
    return words


def paid(access: NotedAccess) -> int:
    """Posts that count as spent."""
    return sum(units for unit, units in access.spent if unit == "posts")


PASSING = [
    Limited(0), Limited(), TooMany(), BAD_GATEWAY, Status(503), Page(), HalfJson(), HalfBody(), Cut(), Slow(0.05),
    Hollow(), Shuffle(),
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_one_bad_answer_is_asked_again(local_x: LocalX, fault: Any) -> None:
    words = publish(local_x, 30)
    local_x.script.then("search", fault)
    access = NotedAccess()
    async with opened_x(access) as x:
        pages = await all_pages(x)
    assert texts(pages) == words
    assert len(local_x.calls) <= 2
    assert paid(access) >= len(local_x.bill.posts)
    assert sum(page.asked for page in pages) == len(local_x.calls)


@pytest.mark.parametrize("fault", [*PASSING, Repeat(), Skip()], ids=str)
async def test_a_second_page_that_goes_wrong_is_asked_again(local_x: LocalX, fault: Any) -> None:
    words = publish(local_x, 250)
    local_x.script.then("search", None, fault)
    access = NotedAccess()
    async with opened_x(access) as x:
        pages = await all_pages(x)
    assert sorted(texts(pages)) == sorted(words)
    assert len(local_x.calls) <= 4
    assert paid(access) >= len(local_x.bill.posts)
    assert [page.start for page in pages[:-1]] == [page.end for page in pages[1:]]


# fault, what comes out, how often X is asked, and how many posts of each question must count as paid
LASTING: list[tuple[Any, type[SourceError], int, int]] = [
    (Limited(), RateLimited, ATTEMPTS, 0),
    (Limited(3600), RateLimited, 1, 0),
    (UNAUTHORIZED, Denied, 1, 0),
    (NO_CREDITS, Denied, 1, 0),
    (FORBIDDEN, Denied, 1, 0),
    (CAPPED, OverBudget, 1, 0),
    (Status(404), Unavailable, ATTEMPTS, 0),
    (BAD_GATEWAY, Unavailable, ATTEMPTS, 0),
    (Status(503), Unavailable, ATTEMPTS, 0),
    (Status(400, b"{}"), Malformed, ATTEMPTS, 0),
    (Page(), Malformed, ATTEMPTS, 100),
    (HalfJson(), Malformed, ATTEMPTS, 100),
    (HalfBody(), Unavailable, ATTEMPTS, 100),
    (Cut(), Unavailable, ATTEMPTS, 100),
    (Hollow(), Malformed, 2, 0),
]


@pytest.mark.parametrize(("fault", "kind", "calls", "units"), LASTING, ids=str)
async def test_what_lasts_comes_out_as_our_error_and_only_we_ask_again(
    local_x: LocalX, fault: Any, kind: type[SourceError], calls: int, units: int
) -> None:
    publish(local_x, 5)
    local_x.script.always("search", fault)
    access = NotedAccess()
    async with opened_x(access) as x:
        with pytest.raises(SourceError) as raised:
            await all_pages(x)
    assert type(raised.value) is kind
    assert not raised.value.stream
    assert (len(local_x.calls), [units for _, units in access.spent]) == (calls, [units] * calls)
    assert len(local_x.bill.posts) <= paid(access)


ODD = [
    b"", b"null", b"[]", b"{}", b'{"data": []}', b"[" * 100_000, b'{"meta": {"result_count": 3}}',
    b'{"data": 5, "meta": {"result_count": 0}}', b'{"data": [], "meta": {"result_count": "many"}}',
    b'{"errors": [{"title": "Not today"}]}', b"\xff\xfe{", b'{"meta": {"result_count": ' + b"9" * 5000 + b"}}",
]  # fmt: skip


@pytest.mark.parametrize(("status", "kind"), [(200, Malformed), (401, Denied), (429, RateLimited), (500, Unavailable)])
async def test_whatever_a_body_holds_only_our_errors_come_out(
    local_x: LocalX, status: int, kind: type[SourceError]
) -> None:
    once = in_haste(patience=Patience(attempts=1))
    async with opened_x(NotedAccess(), manners=once, x_counts=True) as x:
        for body in ODD:
            local_x.script.always("*", Status(status, body))
            with pytest.raises(kind):
                await all_pages(x)
            with pytest.raises(kind):
                await all_pages(x, "counts/AAPL")
            with suppress(kind):
                verified = await x.verify(["1"])
                assert not verified.posts
                assert not verified.gone


async def test_a_post_that_cannot_be_read_does_not_cost_the_others(local_x: LocalX) -> None:
    good = local_x.posts.publish("$AAPL good", local_x.clock() - timedelta(minutes=5))
    half = local_x.posts.publish("-", local_x.clock() - timedelta(minutes=6))
    sent = [
        {"id": str(good.id), "text": "$AAPL good"}, {"id": str(half.id), "text": "half \ud83d of an emoji"},
        {"id": "12"}, {"id": 12, "text": ""}, {"id": "-1", "text": ""}, {"id": "²", "text": ""}, None, 7,
        {"id": "9" * 19, "text": ""}, {"id": str(good.id + 1), "text": "", "edit_history_tweet_ids": ["x"]},
    ]  # fmt: skip
    body = json.dumps({"data": sent, "meta": {"result_count": len(sent)}}).encode()
    local_x.script.then("search", Status(200, body))
    access = NotedAccess()
    async with opened_x(access) as x:
        (page,) = await all_pages(x)
    assert texts([page]) == ["half \ufffd of an emoji", "$AAPL good"]
    assert (page.received, dict(page.dropped)) == (len(sent), {"unreadable": len(sent) - 2})
    assert paid(access) == len(sent)


async def test_an_answer_to_another_question_is_not_taken(local_x: LocalX) -> None:
    words = publish(local_x, 3)
    old = local_x.posts.publish("$AAPL old", local_x.clock() - timedelta(days=2))
    body = json.dumps({"data": [{"id": str(old.id), "text": "$AAPL old"}], "meta": {"result_count": 1}}).encode()
    local_x.script.then("search", Status(200, body))
    async with opened_x(NotedAccess()) as x:
        assert texts(await all_pages(x)) == words


async def test_a_post_deleted_between_two_pages_stops_nothing(local_x: LocalX) -> None:
    words = publish(local_x, 150)
    async with opened_x(NotedAccess()) as x:
        reading = x.pages("search/AAPL", None)
        pages = [await anext(reading)]
        oldest = min(int(post.external_id) for post in pages[0].posts)
        local_x.posts.delete(oldest)
        pages += [page async for page in reading]
    assert sorted(texts(pages)) == sorted(words)
    assert len(local_x.calls) == 3, "X is asked once more before the hole is believed"


async def test_a_page_that_is_passed_over_again_and_again_is_not_taken_for_deleted_posts(local_x: LocalX) -> None:
    words = publish(local_x, 250)
    local_x.script.then("search", None, Skip(), Skip(), None, *[Skip()] * ATTEMPTS)
    async with opened_x(NotedAccess()) as x:
        reading = x.pages("search/AAPL", None)
        pages = [await anext(reading), await anext(reading)]
        with pytest.raises(Malformed, match="passed over"):
            await anext(reading)
        pages += await all_pages(x, cursor=pages[-1].cursor)
    assert sorted(texts(pages)) == sorted(words)


async def test_a_search_that_x_does_not_take_is_refused_for_this_stream_alone(local_x: LocalX) -> None:
    refusal = {"errors": [{"parameters": {"query": ["$AAPL"]}, "message": "There were errors: `$AAPL`"}]}
    local_x.script.then("search", Status(400, json.dumps(refusal).encode()))
    async with opened_x(NotedAccess(), APPLE, SAMSUNG) as x:
        with pytest.raises(Denied, match="There were errors") as raised:
            await all_pages(x)
        assert raised.value.stream == "search/AAPL"
        await all_pages(x, "search/005930.KS")


async def test_what_a_person_must_do_is_said(local_x: LocalX) -> None:
    for fault, words in ((UNAUTHORIZED, "INSITECHART_X_BEARER_TOKEN"), (NO_CREDITS, "Buy credits")):
        local_x.script.then("search", fault)
        async with opened_x(NotedAccess()) as x:
            with pytest.raises(Denied) as raised:
                await all_pages(x)
        assert words in raised.value.hint
    async with opened_x(NotedAccess(), token="wrong") as x:
        with pytest.raises(Denied):
            await all_pages(x)


async def test_told_to_wait_long_nobody_asks(local_x: LocalX) -> None:
    local_x.script.then("search", Limited(3600))
    access = NotedAccess()
    async with opened_x(access, APPLE, SAMSUNG) as x:
        with pytest.raises(RateLimited) as first:
            await all_pages(x)
        with pytest.raises(RateLimited):
            await all_pages(x, "search/005930.KS")
    assert len(local_x.calls) == 1
    assert first.value.until is not None
    assert access.paused == {"api.twitter.com": first.value.until}
    assert abs(first.value.until - local_x.clock() - timedelta(hours=1)) < timedelta(seconds=5)


async def test_the_time_of_a_reset_is_x_s_time(local_x: LocalX) -> None:
    real = local_x.clock
    local_x.clock = lambda: real() - timedelta(hours=3)
    local_x.script.then("search", Limited(60))
    async with opened_x(NotedAccess()) as x:
        with pytest.raises(RateLimited) as raised:
            await all_pages(x)
    assert raised.value.until is not None
    assert abs(raised.value.until - real() - timedelta(seconds=60)) < timedelta(seconds=5)


async def test_a_short_wait_is_waited_for(local_x: LocalX) -> None:
    words = publish(local_x, 3)
    local_x.script.then("search", Limited(0.5))
    async with opened_x(NotedAccess()) as x:
        assert texts(await all_pages(x)) == words
    refused, again = local_x.calls
    assert again.at - refused.at >= timedelta(seconds=0.4)


async def test_the_last_question_of_a_quarter_of_an_hour_is_followed_by_a_pause(local_x: LocalX) -> None:
    local_x.limit = 1
    access = NotedAccess()
    async with opened_x(access) as x:
        await all_pages(x)
        (until,) = access.paused.values()
        assert timedelta(0) <= until - local_x.clock() <= timedelta(minutes=15, seconds=1)
    assert len(local_x.calls) == 1


async def test_slower_than_its_patience_is_unavailable_and_may_have_been_paid(local_x: LocalX) -> None:
    publish(local_x, 3)
    local_x.script.always("search", Slow(1.5))
    access = NotedAccess()
    hurried = in_haste(timeout_s=0.3)
    async with opened_x(access, manners=hurried._replace(patience=hurried.patience._replace(attempts=1))) as x:
        with pytest.raises(Unavailable, match="no answer in time"):
            await all_pages(x)
    assert access.spent == [("posts", 100)]
    assert len(local_x.bill.posts) == 3


@pytest.mark.parametrize("way", ["no proxy", "no trust"])
async def test_without_a_way_to_x_it_is_unavailable_and_costs_nothing(
    local_x: LocalX, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "no proxy":
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
    else:
        for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.delenv(name)
    access = NotedAccess()
    async with opened_x(access) as x:
        with pytest.raises(Unavailable, match="X cannot be reached") as raised:
            await all_pages(x)
    assert "api.twitter.com" in raised.value.hint
    assert access.spent == [("posts", 0)] * ATTEMPTS
    assert not local_x.calls


async def test_a_budget_refuses_before_the_call_and_is_used_to_its_last_ten_posts(local_x: LocalX) -> None:
    words = publish(local_x, 200)
    access = NotedAccess(units=132)
    async with opened_x(access) as x:
        reading = x.pages("search/AAPL", None)
        pages = [await anext(reading), await anext(reading)]
        with pytest.raises(OverBudget):
            await anext(reading)
        assert [int(call.query["max_results"]) for call in local_x.calls] == [100, 25]
        access.units += 1000
        pages += await all_pages(x, cursor=pages[-1].cursor)
    assert sorted(texts(pages)) == sorted(words)
    assert len(local_x.bill.posts) == 200


async def test_verification_looks_at_what_the_budget_covers(local_x: LocalX) -> None:
    publish(local_x, 100)
    ids = [str(tweet) for tweet in local_x.posts.versions]
    access = NotedAccess(units=60)
    async with opened_x(access) as x:
        assert [post.external_id for post in (await x.verify(ids)).posts] == ids[:50]
        assert len((await x.verify(ids[50:60])).posts) == 10
        with pytest.raises(OverBudget):
            await x.verify(ids[60:])
    assert len(local_x.calls) == 2


async def test_a_later_version_that_cannot_be_looked_up_leaves_its_post_due(local_x: LocalX) -> None:
    one, two = (local_x.posts.publish("$AAPL", local_x.clock() - timedelta(hours=n + 1)) for n in range(2))
    edit = local_x.posts.edit(two.id, "$AAPL edited", local_x.clock() - timedelta(minutes=40))
    local_x.latest_by_id = False
    local_x.script.then("lookup", None, NO_CREDITS)
    async with opened_x(NotedAccess()) as x:
        verified = await x.verify([str(one.id), str(two.id)])
        assert ([post.external_id for post in verified.posts], verified.gone) == ([str(one.id)], ())
        local_x.posts.hide(edit.id)
        assert (await x.verify([str(one.id), str(two.id)])).gone == (str(two.id),)


def test_without_a_budget_x_is_not_configured() -> None:
    from lib.sources.registry import declaration

    x = declaration("x")
    assert x.missing(x_settings()) == []
    assert x.missing(x_settings(x_bearer_token=None, x_budget_day=0)) == [
        "INSITECHART_X_BEARER_TOKEN", "INSITECHART_X_BUDGET_DAY",
    ]  # fmt: skip
    for unusable in ("two words", "line\nbreak", "토큰"):
        assert x.missing(x_settings(x_bearer_token=unusable)) == ["INSITECHART_X_BEARER_TOKEN"]
    assert x.missing(x_settings(x_posts_month=0, x_budget_month=0, x_bearer_token=" ")) == [
        "INSITECHART_X_BEARER_TOKEN", "INSITECHART_X_BUDGET_MONTH", "INSITECHART_X_POSTS_MONTH",
    ]  # fmt: skip
