"""Reads when a provider allows the next question. It does not know providers."""

import email.utils
import math
from datetime import UTC, datetime, timedelta

# a day is as good as for ever here, and absurd numbers would overflow
_LONGEST_S = 86_400.0


def allowed_from(retry_after: str | None, *, now: datetime) -> datetime | None:
    """The moment (UTC) that a Retry-After header names, as seconds or as a date, in a day at most; None where there is
    none or it cannot be read.
    """
    if retry_after is None:
        return None
    seconds = seconds_in(retry_after)
    if seconds is not None:
        return now + timedelta(seconds=seconds)
    try:
        named = email.utils.parsedate_to_datetime(retry_after).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(named, now + timedelta(seconds=_LONGEST_S))


def seconds_in(header: str | None) -> float | None:
    """The seconds, a day at most, that a header's number means; None where it is not a number from 0 on."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return min(seconds, _LONGEST_S) if math.isfinite(seconds) and seconds >= 0 else None
