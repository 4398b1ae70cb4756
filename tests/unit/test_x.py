"""What X is asked, and what its answers are worth, without asking."""

import doctest
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.symbols import Listing
from lib.errors import Denied, RateLimited, Unavailable
from lib.sources.x import ids, queries
from lib.sources.x.answers import Tweet, post
from lib.sources.x.ids import first_id, post_id, time_of
from lib.sources.x.position import Position
from lib.sources.x.queries import LONGEST, query
from lib.sources.x.verdicts import NotUnderstood, clock, verdict
from tests.servers.x_query import Text, compiled

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)

_names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)


@pytest.mark.parametrize("module", [ids, queries], ids=lambda module: module.__name__)
def test_the_examples_in_the_documentation(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("symbol", "name", "expected"),
    [
        ("AAPL", "Apple Inc.", "$AAPL -is:retweet"),
        ("T", "AT&T Inc.", "$T -is:retweet"),
        ("005380.KS", "005380.KS", '"005380" -is:retweet'),
        ("^GSPC", "S&P 500", '("s&p 500" OR "^GSPC") -is:retweet'),
        ("BTC-USD", "Bitcoin USD", '("bitcoin usd" OR "BTC-USD") -is:retweet'),
    ],
)
def test_a_listing_becomes_a_search(symbol: str, name: str, expected: str) -> None:
    assert query(Listing(symbol=symbol, name=name)) == expected


@given(name=_names, name_ko=st.none() | _names, aliases=st.lists(_names, max_size=12).map(tuple))
@settings(max_examples=25, deadline=None)
def test_whatever_it_is_called_x_takes_the_search(name: str, name_ko: str | None, aliases: tuple[str, ...]) -> None:
    words = query(Listing(symbol="005930.KS", name=name, name_ko=name_ko, aliases=aliases))
    assert len(words) <= LONGEST
    found = compiled(words)
    assert found(Text("what about 005930?", "en", retweet=False))
    assert not found(Text("what about 005930?", "en", retweet=True))


@given(st.datetimes(min_value=datetime(2011, 1, 1), max_value=datetime(2060, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_ids_and_times_agree_to_the_millisecond(at: datetime) -> None:
    first = first_id(at)
    assert timedelta(0) <= time_of(first) - at < timedelta(milliseconds=1)
    assert time_of(first - 1) < at
    assert post_id(str(first)) == first


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "x", "²", "9" * 19, "1" * 40, " 1"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the id of a post"):
        post_id(text)


@given(st.integers(1, 2**62), st.none() | st.tuples(st.integers(1, 2**62), st.integers(1, 2**62)))
def test_a_position_is_kept_exactly(since: int, poll: tuple[int, int] | None) -> None:
    at = Position(since, *(poll or ()))
    assert Position.of(at.cursor()) == at


def test_a_version_that_is_not_the_last_never_looks_newer_than_a_later_one() -> None:
    old, new = (
        Tweet(id=1 << 40, text="old", history=(1 << 40, 2 << 40)),
        Tweet(id=2 << 40, text="new", history=(1 << 40, 2 << 40)),
    )
    first, second = post(old), post(new)
    assert first.external_id == second.external_id == str(1 << 40)
    assert first.edited_at is not None
    assert second.edited_at is not None
    assert first.edited_at < second.edited_at


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-rate-limit-reset": "1772460060"}, 60),
        ({"x-rate-limit-reset": "1772460060", "Date": "Mon, 02 Mar 2026 14:00:30 GMT"}, 30),
        ({"x-rate-limit-reset": "1"}, 0),
        ({"x-rate-limit-reset": "9" * 30}, 86_400),
        ({"Retry-After": "7"}, 7),
    ],
)
def test_the_moment_that_x_names(headers: dict[str, str], wait: float) -> None:
    error = verdict(429, headers, b"", now=NOW)
    assert isinstance(error, RateLimited)
    assert error.until == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize(
    "headers", [{}, {"x-rate-limit-reset": "soon"}, {"x-rate-limit-reset": "-5"}, {"Retry-After": ""}]
)
def test_a_moment_that_x_does_not_name_is_unknown(headers: dict[str, str]) -> None:
    error = verdict(429, headers, b"", now=NOW)
    assert isinstance(error, RateLimited)
    assert error.until is None


def test_a_clock_that_cannot_be_read_is_none() -> None:
    assert clock({"Date": "yesterday"}) is None
    assert clock({}) is None


@given(st.integers(100, 599), st.binary(max_size=60))
def test_every_answer_has_one_verdict(status: int, body: bytes) -> None:
    error = verdict(status, {}, body, now=NOW)
    assert (error is None) == (status == 200)
    assert error is None or (str(error) and error.source == "x")


def test_only_a_refused_search_is_about_its_stream_alone() -> None:
    refused = verdict(400, {}, b'{"errors": [{"parameters": {"query": ["$"]}, "message": "no"}]}', now=NOW)
    assert isinstance(refused, NotUnderstood)
    assert isinstance(verdict(402, {}, b"", now=NOW), Denied)
    assert not isinstance(verdict(402, {}, b"", now=NOW), NotUnderstood)
    assert isinstance(verdict(502, {}, b"", now=NOW), Unavailable)
