"""Reads a Retry-After header. It does not know who sent it."""

import email.utils
from datetime import UTC, datetime, timedelta


def allowed_from(retry_after: str | None, *, now: datetime) -> datetime | None:
    """The moment that a Retry-After header names, as seconds or as a date; None where there is none or it cannot be
    read.
    """
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        # a day is as good as for ever here, and absurd numbers would overflow
        return now + timedelta(seconds=min(int(retry_after[:9]), 86_400))
    try:
        return email.utils.parsedate_to_datetime(retry_after).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
