"""Each thing that Reddit lists is a post, gone, or refused with a reason, whatever stands in it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.posts import Post
from lib.sources.reddit.items import Item, is_fullname, read_item

AT = 1_772_460_000
MOMENT = datetime.fromtimestamp(AT, UTC)


def submission(**given: Any) -> dict[str, Any]:
    data = {
        "id": "1abc", "name": "t3_1abc", "title": "TSLA", "selftext": "To the moon", "author": "somebody",
        "created_utc": float(AT), "edited": False, "permalink": "/r/stocks/comments/1abc/tsla/",
        "removed_by_category": None,
    }  # fmt: skip
    return {"kind": "t3", "data": data | given}


def comment(**given: Any) -> dict[str, Any]:
    data = {
        "id": "k2", "name": "t1_k2", "body": "Buy", "author": "somebody", "created_utc": float(AT), "edited": False,
        "link_title": "TSLA", "permalink": "/r/stocks/comments/1abc/tsla/k2/",
    }  # fmt: skip
    return {"kind": "t1", "data": data | given}


def test_a_submission_is_a_post() -> None:
    assert read_item(submission(edited=AT + 60.0)) == Item(
        "t3_1abc",
        MOMENT,
        Post(
            source="reddit",
            external_id="t3_1abc",
            published_at=MOMENT,
            title="TSLA",
            text="To the moon",
            author="somebody",
            edited_at=datetime.fromtimestamp(AT + 60, UTC),
            url="https://www.reddit.com/r/stocks/comments/1abc/tsla/",
        ),
    )


def test_a_comment_is_a_post_without_a_title() -> None:
    post = read_item(comment()).post
    assert post is not None
    assert (post.external_id, post.title, post.text, post.edited_at) == ("t1_k2", None, "Buy", None)
    assert post.url == "https://www.reddit.com/r/stocks/comments/1abc/tsla/k2/"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\0b\0", "ab"),
        ("🚀🚀 삼성전자 떡상", "🚀🚀 삼성전자 떡상"),
        ("half of a character: \ud83d", "half of a character: �"),
        ("two halves: \ud83d\ude80", "two halves: 🚀"),
        ("long " * 1000, "long " * 1000),
        ("AT&T <3 &amp;", "AT&T <3 &amp;"),
        ("", ""),
    ],
)
def test_words_are_stored_as_they_were_meant(text: str, read: str) -> None:
    post = read_item(comment(body=text)).post
    assert post is not None
    assert post.text == read
    post.text.encode()


@pytest.mark.parametrize(
    "thing",
    [
        submission(author="[deleted]", selftext="[deleted]"),
        submission(author="[deleted]", selftext="what an account that is gone had written"),
        submission(author=None, selftext="[deleted]"),
        submission(selftext="[removed]"),
        submission(removed_by_category="moderator"),
        submission(removed_by_category="automod_filtered", selftext="still here"),
        submission(title="[deleted by user]", selftext=""),
        submission(title="[ Removed by Reddit ]"),
        submission(title="[ Removed by moderator ]"),
        comment(author="[deleted]", body="[deleted]"),
        comment(body="[removed]"),
        comment(body="[ Removed by Reddit ]"),
        comment(body="[removed]", created_utc=None),
    ],
)
def test_what_was_taken_back_is_gone(thing: dict[str, Any]) -> None:
    item = read_item(thing)
    assert item.is_gone
    assert item.name
    assert (item.post, item.refused) == (None, "")


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        ("text", "no thing of Reddit's"),
        ({"kind": "t3"}, "no thing of Reddit's"),
        ({"kind": "t3", "data": None}, "no thing of Reddit's"),
        ({"kind": "t5", "data": {"name": "t5_2local"}}, "of another kind"),
        ({"kind": "more", "data": {"children": []}}, "of another kind"),
        (submission(id=None, name=None), "without an id"),
        (submission(name="t1_1abc"), "without an id"),
        (submission(name="t3_1abc,t3_2"), "without an id"),
        (submission(created_utc=None), "without a date"),
        (submission(created_utc="yesterday"), "without a date"),
        (submission(created_utc=float("nan")), "without a date"),
        (submission(created_utc=1e30), "without a date"),
        (submission(created_utc=0), "without a date"),
        (submission(created_utc=True), "without a date"),
        (submission(title=None, selftext=None), "without words"),
        (comment(body=None), "without words"),
        (comment(body=7), "without words"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(thing: object, reason: str) -> None:
    item = read_item(thing)
    assert item.refused == reason
    assert (item.post, item.is_gone) == (None, False)


def test_missing_details_cost_nothing_else() -> None:
    post = read_item(submission(name=None, author=None, permalink=None, edited=True, selftext=None)).post
    assert post is not None
    assert (post.external_id, post.author, post.url, post.edited_at, post.text) == ("t3_1abc", None, None, None, "")


@pytest.mark.parametrize(
    ("text", "yes"), [("t3_1abc", True), ("t1_k2", True), ("t5_2qh1i", False), ("k48sqm", False), ("t3_A", False)]
)
def test_fullnames_are_told_from_other_ids(text: str, yes: bool) -> None:
    assert is_fullname(text) is yes


_FIELDS = (
    "id", "name", "title", "selftext", "body", "author", "created_utc", "edited", "permalink", "removed_by_category",
)  # fmt: skip
_values = st.sampled_from([None, True, [], {}, ["x"], {"a": 1}]) | st.integers() | st.floats() | st.text(max_size=20)


@given(st.sampled_from(["t1", "t3", "t5"]), st.dictionaries(st.sampled_from(_FIELDS), _values, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_json_can_hold_breaks_the_reading(kind: str, spoiled: dict[str, Any]) -> None:
    given = submission() if kind == "t3" else comment()
    item = read_item({"kind": kind, "data": given["data"] | spoiled})
    assert (item.post is not None) + item.is_gone + bool(item.refused) == 1
    if item.post is not None:
        (item.post.text + (item.post.title or "") + (item.post.author or "") + (item.post.url or "")).encode()
