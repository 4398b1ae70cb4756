"""Each answer of Yahoo's is told apart: data, nothing, not now, never, broken."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lib.errors import Denied, Malformed, NoData, RateLimited, SourceError, Unavailable
from lib.sources.retry_after import allowed_from
from lib.sources.yahoo.verdicts import verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHART = json.dumps({"chart": {"result": [{"meta": {"symbol": "AAPL"}}], "error": None}}).encode()


def refusal(description: str) -> bytes:
    return json.dumps({"chart": {"result": None, "error": {"code": "x", "description": description}}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, b"Too Many Requests", RateLimited),
        (429, CHART, RateLimited),
        (429, refusal("No data found, symbol may be delisted"), RateLimited),
        (401, b"{}", Denied),
        (403, b"<html>", Denied),
        (500, CHART, Unavailable),
        (502, b"<html>", Unavailable),
        (200, b"<!DOCTYPE html>", Malformed),
        (404, b"<!DOCTYPE html>", Malformed),
        (200, b"", Malformed),
        (200, CHART[: len(CHART) // 2], Malformed),
        (200, b'{"chart": {"result": [{"meta": {}}]}}', Malformed),
        (200, CHART.replace(b"AAPL", b"MSFT"), Malformed),
        (200, b"\xff\xfe", Malformed),
        (200, b'{"chart": {"result": [], "error": null}}', NoData),
        (200, b'{"chart": {"result": null, "error": null}}', NoData),
        (404, refusal("No data found, symbol may be delisted"), NoData),
        (400, refusal("Data doesn't exist for startDate = 1, endDate = 2"), NoData),
        (422, refusal("1m data not available for startTime=1 and endTime=2."), NoData),
        (400, refusal("Invalid input - interval=7m is not supported."), Unavailable),
    ],
)
def test_what_an_answer_amounts_to(status: int, body: bytes, kind: type[SourceError]) -> None:
    assert type(verdict("AAPL", status, None, body, now=NOW)) is kind


def test_a_chart_of_the_symbol_asked_for_is_no_error() -> None:
    assert verdict("AAPL", 200, None, CHART, now=NOW) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), ("7", 7), (" 30 ", 30), ("99999999999999", 86_400), (format_datetime(NOW + timedelta(seconds=90)), 90)],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(header: str, seconds: int) -> None:
    assert allowed_from(header, now=NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("header", [None, "", "soon", "-5"])
def test_a_retry_after_that_says_nothing_is_unknown(header: str | None) -> None:
    assert allowed_from(header, now=NOW) is None
    error = verdict("AAPL", 429, header, b"", now=NOW)
    assert isinstance(error, RateLimited)
    assert error.until is None
