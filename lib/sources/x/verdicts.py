"""Tells what an answer of X amounts to by its status and headers, and reads the clock in it. It does not know tweepy or
retries.
"""

import email.utils
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.errors import Denied, Malformed, OverBudget, RateLimited, SourceError, Unavailable
from lib.sources import retry_after
from lib.sources.x.answers import SOURCE

# a day is as good as for ever here, and absurd numbers would overflow
_LONGEST_S = 86_400.0


class NotUnderstood(Denied):
    """X refuses the words of this one search; others it may take."""


def verdict(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> SourceError | None:
    """The error that an answer of this status amounts to, or None for 200. `now` is this machine's clock (UTC)."""
    why = _reason(body)
    match status:
        case 200:
            return None
        case 400 if _about_the_query(body):
            return NotUnderstood(SOURCE, f"X does not take this search (400): {why}", hint="Watch another symbol.")
        case 400:
            return Malformed(SOURCE, f"X does not take the question (400): {why}")
        case 401:
            return Denied(
                SOURCE, "X does not accept the bearer token (401).", hint="Set INSITECHART_X_BEARER_TOKEN anew."
            )
        case 402:
            return Denied(
                SOURCE,
                "The credits of this account at X are used up (402).",
                hint="Buy credits in X's developer console, then run `insitechart sources reset x`.",
            )
        case 403:
            return Denied(
                SOURCE,
                f"X does not allow this application to ask (403): {why}",
                hint="Its project must have access to recent search: see X's developer console.",
            )
        case 429 if "usage-capped" in body.decode("utf-8", "replace"):
            return OverBudget(
                SOURCE,
                "X delivers no more posts to this account this month (429).",
                hint="Raise the cap at X, or wait.",
            )
        case 429:
            until = allowed_from(headers, now=now)
            when = f"until {until:%H:%M:%S} UTC" if until else "for an unknown time"
            return RateLimited(SOURCE, f"X answers 429: asked too often, {when}.", until=until)
    return Unavailable(SOURCE, f"X answers {status}: the failure is on its side.")


def allowed_from(headers: Mapping[str, str], *, now: datetime) -> datetime | None:
    """The moment that X's headers name, on this machine's clock; None where they name none that can be read."""
    reset = headers.get("x-rate-limit-reset", "")
    if not (reset.isascii() and reset.isdecimal()):
        # X does not send it; what stands before X may
        return retry_after.allowed_from(headers.get("Retry-After"), now=now)
    wait = int(reset[:12]) - (clock(headers) or now).timestamp()
    return now + timedelta(seconds=min(max(wait, 0.0), _LONGEST_S))


def used_up(headers: Mapping[str, str]) -> bool:
    """Whether this answer was the last one that X allows before the moment it names."""
    return headers.get("x-rate-limit-remaining") == "0"


def clock(headers: Mapping[str, str]) -> datetime | None:
    """X's own time (UTC), to the second; None where it does not say it."""
    try:
        return email.utils.parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def _about_the_query(body: bytes) -> bool:
    return any("query" in (error.get("parameters") or {}) for error in _errors(body))


def _reason(body: bytes) -> str:
    told = [error.get("message") or error.get("detail") for error in _errors(body)]
    return next((reason[:200].replace("\0", "") for reason in told if isinstance(reason, str)), "no reason is given.")


def _errors(body: bytes) -> list[dict[str, Any]]:
    """What X objects to, one by one, and then as a whole; whatever else a body may be, nothing."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(answer, dict):
        return []
    errors = answer.get("errors")
    return [error for error in (*(errors if isinstance(errors, list) else ()), answer) if isinstance(error, dict)]
