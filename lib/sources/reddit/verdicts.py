"""Tells what one answer of Reddit's is worth, from its status and headers, before praw sees it. It does not know praw,
tokens or retries.
"""

import contextlib
import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from lib.errors import Denied, RateLimited, SourceError, Unavailable
from lib.sources.retry_after import allowed_from, seconds_in

SOURCE = "reddit"

# other workers' turns that were handed out before a pause still want to be answered
_RESERVE = 5

Headers = Mapping[str, str]


class Question(NamedTuple):
    """What is asked for, in words that end "when asked for …", and the one stream that it is about, if it is."""

    words: str
    stream: str = ""


def verdict(question: Question, status: int, headers: Headers, body: bytes, *, now: datetime) -> SourceError | None:
    """The error that an answer to `question` amounts to, or None where it may hold what was asked for.

    `headers` are looked up in lower case. A refusal that Reddit words in JSON concerns the subreddit asked for; a web
    page that refuses comes from its gate and concerns everything.
    """
    asked = f"when asked for {question.words}"
    if 200 <= status < 300:
        return None
    if status == 429:
        return _too_often(asked, headers, now)
    if status >= 500 or status == 408:
        return Unavailable(SOURCE, f"Reddit answers {status} {asked}: the failure is on its side.", hint=_WAIT)
    reason = _reason(body)
    if status in (401, 402) or (status == 403 and (reason is None or not question.stream)):
        return Denied(SOURCE, f"Reddit answers {status} {asked}: it does not let this application ask.", hint=_KEYS)
    if status in (301, 302, 403, 404, 451) and question.stream:
        why = f"it says {reason}" if reason else "there is no such subreddit"
        return Denied(SOURCE, f"Reddit answers {status} {asked}: {why}.", stream=question.stream, hint=_SUBREDDIT)
    return Unavailable(SOURCE, f"Reddit answers {status} {asked}: it does not understand the question.", hint=_WAIT)


def verdict_on_token(status: int, headers: Headers, *, now: datetime) -> SourceError | None:
    """The same for an answer to the question for a token; any refusal is about the credentials."""
    if 200 <= status < 300:
        return None
    if status == 429 or status >= 500 or status == 408:
        return verdict(Question("a token"), status, headers, b"", now=now)
    return refused(f"answers {status}")


def refused(how: str) -> Denied:
    """Reddit gives no token."""
    return Denied(
        SOURCE, f"Reddit {how} when asked for a token: it does not accept the application's keys.", hint=_KEYS
    )


def used_up(headers: Headers, *, now: datetime) -> datetime | None:
    """The moment (UTC) before which nobody should ask, if this answer says that hardly any call is left; else None."""
    remaining, reset = seconds_in(headers.get("x-ratelimit-remaining")), seconds_in(headers.get("x-ratelimit-reset"))
    if remaining is None or reset is None or remaining > _RESERVE:
        return None
    return now + timedelta(seconds=reset)


def answered_at(headers: Headers) -> datetime | None:
    """When Reddit gave the answer, on its own clock (UTC, whole seconds); None where it does not say."""
    with contextlib.suppress(ValueError, OverflowError):
        return email.utils.parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    return None


def _too_often(asked: str, headers: Headers, now: datetime) -> RateLimited:
    until = allowed_from(headers.get("retry-after"), now=now)
    reset = seconds_in(headers.get("x-ratelimit-reset"))
    if until is None and reset is not None:
        until = now + timedelta(seconds=reset)
    when = f"until {until:%H:%M:%S} UTC" if until else "for an unknown time"
    return RateLimited(SOURCE, f"Reddit answers 429 {asked}: asked too often, {when}.", until=until, hint=_WAIT)


def _reason(body: bytes) -> str | None:
    """Reddit's own word for a refusal; None where it sent something other than its JSON."""
    try:
        said: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(said, dict):
        return None
    return str(said.get("reason") or said.get("message") or "")[:60]


_WAIT = "Nothing to do: the next collection asks again for what is missing."
_KEYS = (
    "Check INSITECHART_REDDIT_CLIENT_ID, _CLIENT_SECRET and _USERNAME, and that Reddit has approved the application: "
    "reddit.com/prefs/apps. Then: insitechart sources reset reddit."
)
_SUBREDDIT = (
    "Take it out of INSITECHART_REDDIT_SUBREDDITS, or put right how it is written. Open again: insitechart sources "
    "reset reddit."
)
