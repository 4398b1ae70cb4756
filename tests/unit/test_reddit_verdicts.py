"""Each answer of Reddit's is told apart: maybe, not now, not this subreddit, not you."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lib.errors import Denied, RateLimited, SourceError, Unavailable
from lib.sources.reddit.verdicts import Question, answered_at, used_up, verdict, verdict_on_token

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW = Question("r/stocks/new", "submissions/stocks")
INFO = Question("100 posts by their ids")


def refusal(status: int, **said: str) -> bytes:
    return json.dumps({"message": "no", "error": status, **said}).encode()


@pytest.mark.parametrize(
    ("question", "status", "body", "kind", "stream"),
    [
        (NEW, 401, refusal(401), Denied, ""),
        (NEW, 402, b"", Denied, ""),
        (NEW, 403, b"<html>blocked by network security</html>", Denied, ""),
        (NEW, 403, refusal(403), Denied, "submissions/stocks"),
        (NEW, 403, refusal(403, reason="private"), Denied, "submissions/stocks"),
        (NEW, 404, refusal(404, reason="banned"), Denied, "submissions/stocks"),
        (NEW, 404, b"<html>", Denied, "submissions/stocks"),
        (NEW, 451, b"", Denied, "submissions/stocks"),
        (NEW, 302, b"", Denied, "submissions/stocks"),
        (INFO, 403, refusal(403), Denied, ""),
        (INFO, 404, refusal(404), Unavailable, ""),
        (NEW, 400, b"<html>", Unavailable, ""),
        (NEW, 408, b"", Unavailable, ""),
        (NEW, 500, b"", Unavailable, ""),
        (NEW, 503, b"<html>", Unavailable, ""),
        (NEW, 520, b"", Unavailable, ""),
        (NEW, 429, b"", RateLimited, ""),
    ],
)
def test_what_an_answer_amounts_to(
    question: Question, status: int, body: bytes, kind: type[SourceError], stream: str
) -> None:
    error = verdict(question, status, {}, body, now=NOW)
    assert type(error) is kind
    assert error.stream == stream
    assert error.hint


def test_reddit_s_own_word_for_a_refusal_is_told() -> None:
    assert "it says private" in str(verdict(NEW, 403, {}, refusal(403, reason="private"), now=NOW))
    assert "no such subreddit" in str(verdict(NEW, 302, {}, b"", now=NOW))


@pytest.mark.parametrize("status", [200, 204])
def test_what_may_hold_an_answer_is_no_error(status: int) -> None:
    assert verdict(NEW, status, {}, b"", now=NOW) is None
    assert verdict_on_token(status, {}, now=NOW) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Denied), (401, Denied), (403, Denied), (404, Denied), (429, RateLimited), (502, Unavailable)],
)
def test_whoever_gets_no_token_is_not_accepted_at_all(status: int, kind: type[SourceError]) -> None:
    error = verdict_on_token(status, {}, now=NOW)
    assert type(error) is kind
    assert error.stream == ""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7", "x-ratelimit-reset": "300"}, 7),
        ({"x-ratelimit-reset": "300"}, 300),
        ({"x-ratelimit-reset": "soon"}, None),
        ({}, None),
    ],
)
def test_a_429_says_until_when_as_far_as_reddit_does(headers: dict[str, str], seconds: float | None) -> None:
    error = verdict(NEW, 429, headers, b"", now=NOW)
    assert isinstance(error, RateLimited)
    assert error.until == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("remaining", "reset", "seconds"),
    [("596.0", "432", None), ("6", "432", None), ("5.0", "432", 432), ("0", "60", 60), (None, "60", None),
     ("0", None, None), ("none", "60", None)],
)  # fmt: skip
def test_a_limit_that_is_nearly_used_up_is_noticed(
    remaining: str | None, reset: str | None, seconds: float | None
) -> None:
    given = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    headers = {name: value for name, value in given.items() if value is not None}
    assert used_up(headers, now=NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_reddit_s_clock_is_read_from_its_answer() -> None:
    assert answered_at({"date": format_datetime(NOW, usegmt=True)}) == NOW
    assert answered_at({"date": "noon"}) is None
    assert answered_at({}) is None
