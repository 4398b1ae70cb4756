"""What a Jetstream's frames become: nothing that a person or a server writes is trusted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.domain.posts import Post
from lib.sources.bluesky.events import at_uri, make_post, moment, read_event, read_words
from tests.servers.bluesky_events import Event, account, deletion, identity, post, uri
from tests.support.bluesky import at_us

NOON = datetime(2026, 3, 2, 14, tzinfo=UTC)
YEAR_US = 365 * 86_400_000_000


def made(event: Event) -> Post | None:
    read = read_event(json.dumps(event).encode())
    assert read is not None
    assert read.commit is not None
    words, address = read_words(read.commit.record), at_uri(read, read.commit)
    return None if words is None or address is None else make_post(address, read, read.commit, words)


def said(text: str = "$AAPL", **fields: Any) -> Event:
    return post(text, **{"time_us": at_us(0), "rkey": "3kaa"} | fields)


def test_a_post_is_taken_over_field_by_field() -> None:
    assert made(said("$AAPL 🚀", langs=("ko-KR", "en"), created_at="2026-03-02T22:59:58.5+09:00")) == Post(
        source="bluesky",
        external_id="at://did:plc:somebody/app.bsky.feed.post/3kaa",
        author="did:plc:somebody",
        published_at=NOON - timedelta(seconds=1.5),
        lang="ko",
        text="$AAPL 🚀",
        url="https://bsky.app/profile/did:plc:somebody/post/3kaa",
    )


def test_a_new_version_says_when_it_was_heard() -> None:
    edited = made(said("$AAPL, corrected", operation="update", created_at="2026-03-01T00:00:00Z"))
    assert edited is not None
    assert (edited.edited_at, edited.published_at) == (NOON, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("created_at", "published_at"),
    [
        ("2026-03-02T13:00:00Z", NOON - timedelta(hours=1)),
        ("2026-03-02T14:00:00Z", NOON),
        ("2026-03-02T14:00:00.000001Z", NOON),
        ("2031-01-01T00:00:00Z", NOON),
        ("1970-01-01T00:00:00Z", NOON),
        ("2022-12-31T23:59:59Z", NOON),
        ("2023-01-01T00:00:00Z", datetime(2023, 1, 1, tzinfo=UTC)),
        ("2026-03-02T13:00:00", NOON),
        ("0001-01-01T00:00:00+14:00", NOON),
        ("9999-12-31T23:59:59-14:00", NOON),
        ("yesterday", NOON),
        ("", NOON),
    ],
)
def test_an_author_s_clock_counts_where_it_is_plausible(created_at: str, published_at: datetime) -> None:
    event = said()
    event["commit"]["record"]["createdAt"] = created_at
    found = made(event)
    assert found is not None
    assert found.published_at == published_at


@pytest.mark.parametrize("field", ["createdAt", "langs"])
@pytest.mark.parametrize("value", [None, 7, {}, [], [3], "??", ["??"], ["x" * 999], True])
def test_a_field_that_is_not_as_it_should_be_does_not_cost_the_post(field: str, value: object) -> None:
    event = said()
    event["commit"]["record"][field] = value
    found = made(event)
    assert found is not None
    assert found.text == "$AAPL"
    assert found.lang in ("en", None)


@pytest.mark.parametrize(
    "text", ["$" * 5_000, "👩‍👩‍👧‍👦🚀", "삼성전자 $005930", "a" * 100_000, "", "\n", "\u202e$", "\ufeff$"]
)
def test_any_text_is_kept_as_it_is(text: str) -> None:
    found = made(said(text))
    assert found is not None
    assert found.text == text


def test_what_no_table_can_hold_is_taken_out() -> None:
    found = made(said("$AA\0PL\0"))
    assert found is not None
    assert found.text == "$AAPL"


@pytest.mark.parametrize(
    "spoil",
    [
        {"text": None},
        {"text": 7},
        {"text": ["$AAPL"]},
    ],
    ids=str,
)
def test_a_record_without_words_is_none(spoil: dict[str, object]) -> None:
    event = said()
    event["commit"]["record"] |= spoil
    assert made(event) is None
    del event["commit"]["record"]
    assert made(event) is None


@pytest.mark.parametrize("did", ["", "did:plc", "did:plc:a b", "did:plc:a\0", "DID:plc:a", "x" * 999, "did:plc:é"])
def test_an_account_that_cannot_be_has_no_posts(did: str) -> None:
    assert made(said(did=did)) is None


@pytest.mark.parametrize("rkey", ["", "a/b", "a b", "a\0", "a" * 513, "é", "a\n"])
def test_an_address_that_cannot_be_is_none(rkey: str) -> None:
    assert made(said(rkey=rkey)) is None


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"did":"did:plc:x"}',
        b'{"did":"did:plc:x","time_us":"soon","kind":"commit"}',
        b'{"did":"did:plc:x","time_us":1e300,"kind":"commit"}',
        b'{"did":7,"time_us":1772460000000000,"kind":"commit"}',
        b'{"did":"did:plc:x","time_us":1772460000000000,"kind":"commit","commit":[]}',
        json.dumps(said("half a \ud83d character")).encode(),
        b"[" * 100_000,
        b'{"did":"did:plc:x","time_us":1772460000000000,"kind":"x","y":' + b"[" * 100_000,
    ],
    ids=lambda frame: str(frame[:60]),
)
def test_what_is_no_event_is_none(frame: bytes) -> None:
    assert read_event(frame) is None


@pytest.mark.parametrize("time_us", [0, -1, at_us(0) // 1_000_000, at_us(0) + 80 * YEAR_US, 2**63, 10**30])
def test_a_time_that_cannot_be_moves_no_cursor(time_us: int) -> None:
    event = said()
    event["time_us"] = time_us
    assert read_event(json.dumps(event).encode()) is None


def test_the_other_events_are_read() -> None:
    gone = read_event(json.dumps(account(time_us=at_us(1), status="deleted")).encode())
    assert gone is not None
    assert gone.account is not None
    assert (gone.account.active, gone.account.status, moment(gone.time_us)) == (
        False,
        "deleted",
        NOON + timedelta(seconds=1),
    )
    assert read_event(json.dumps(identity(time_us=at_us(1))).encode()) is not None
    deleted = read_event(json.dumps(deletion(time_us=at_us(1), rkey="a")).encode())
    assert deleted is not None
    assert deleted.commit is not None
    assert at_uri(deleted, deleted.commit) == uri("a")
