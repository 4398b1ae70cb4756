"""What Reddit really answered, recorded: every listing is read, every refusal understood, in praw and without it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lib.sources.reddit.asking import Answer
from lib.sources.reddit.listing import Listing, read_listing
from lib.sources.reddit.verdicts import Question, verdict, verdict_on_token
from tests.support.data import data_file
from tests.support.local_reddit import AtHand

pytest_plugins = ["tests.support.reddit"]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def exchanges() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The path, request and response of each recorded exchange."""
    for file in sorted(data_file("payloads/reddit").glob("*.json")):
        for exchange in json.loads(file.read_bytes())["interactions"]:
            request = exchange["request"]
            yield request["uri"].split("?")[0].split(".com")[1], request, exchange["response"]


def listings() -> Iterator[tuple[str, dict[str, Any]]]:
    """The path and body of each recorded listing; pages of comments hold two."""
    for path, _, response in exchanges():
        body = response["body"]
        for part in body if isinstance(body, list) else [body]:
            if isinstance(part, dict) and part.get("kind") == "Listing":
                yield path, part


def check(listing: Listing, body: dict[str, Any]) -> Counter[str]:
    """Counts of what became of the things of `body`, each of which became exactly one thing."""
    children = body["data"]["children"]
    assert len(listing.items) == len(children)
    outcomes: Counter[str] = Counter()
    for child, item in zip(children, listing.items, strict=True):
        assert (item.post is not None) + item.is_gone + bool(item.refused) == 1
        if item.post is not None:
            assert item.post.external_id == child["data"]["name"]
            assert item.post.published_at.timestamp() == child["data"]["created_utc"]
        outcomes[item.refused or ("gone" if item.is_gone else "post")] += 1
        assert bool(item.refused) == (child["kind"] not in ("t1", "t3")), item.refused
    return outcomes


def test_every_recorded_listing_is_read_and_what_is_left_out_has_a_reason() -> None:
    outcomes: Counter[str] = Counter()
    for path, body in listings():
        outcomes += check(read_listing(Answer(body, None), Question(path)), body)
    assert outcomes["post"] > 1000
    assert outcomes["gone"] > 10
    assert set(outcomes) == {"post", "gone", "of another kind"}


def test_every_recorded_refusal_is_understood() -> None:
    judged = 0
    for path, request, response in exchanges():
        status, headers = response["status"], response["headers"]
        body = json.dumps(response["body"]).encode()
        if "access_token" in path:
            assert verdict_on_token(status, headers, now=NOW) is None
            continue
        error = verdict(Question(request["uri"], "submissions/x"), status, headers, body, now=NOW)
        assert (error is None) == (status == 200), status
        judged += error is not None
    assert judged > 5


async def test_recorded_listings_come_through_praw_and_the_wire(reddit: AtHand) -> None:
    seen = 0
    for path, body in listings():
        if not path.startswith("/r/askreddit/") or path.strip("/").split("/")[-1] not in ("new", "comments"):
            continue
        reddit.server.recorded[path.rstrip("/")] = body
        feed = "comments" if "comments" in path else "submissions"
        async with reddit.source("askreddit") as source:
            pages = source.pages(f"{feed}/askreddit", None)
            page = await anext(pages)
            await pages.aclose()
        assert page.received == len(body["data"]["children"])
        assert len(page.posts) + len(page.deleted) + sum(page.dropped.values()) == page.received
        seen += 1
    assert seen == 2


async def test_recorded_answers_about_ids_come_through_praw_and_the_wire(reddit: AtHand) -> None:
    for path, body in listings():
        if path.strip("/") != "api/info":
            continue
        reddit.server.recorded["/api/info"] = body
        names = [child["data"]["name"] for child in body["data"]["children"] if child["kind"] != "t5"]
        async with reddit.source() as source:
            verified = await source.verify(names)
        assert {post.external_id for post in verified.posts} | set(verified.gone) == set(names)
        assert len(verified.posts) > len(verified.gone)
