"""Retry-After says seconds or a date, or nothing that can be read."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lib.sources.retry_after import allowed_from, seconds_in

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 30 ", 30),
        ("1.5", 1.5),
        ("99999999999999", 86_400),
        (format_datetime(NOW + timedelta(seconds=90)), 90),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("Fri, 31 Dec 2999 23:59:59 GMT", 86_400),
    ],
)
def test_it_is_read_as_seconds_and_as_a_date(header: str, seconds: float) -> None:
    assert allowed_from(header, now=NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "nan", "inf"])
def test_one_that_says_nothing_is_unknown(header: str | None) -> None:
    assert allowed_from(header, now=NOW) is None
    assert seconds_in(header) is None
