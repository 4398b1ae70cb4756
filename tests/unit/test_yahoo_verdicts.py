"""Each answer of Yahoo's is told apart: data, nothing, not now, never, broken."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import Denied, Malformed, NoData, RateLimited, SourceError, Unavailable
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


@pytest.mark.parametrize(("header", "until"), [("7", NOW + timedelta(seconds=7)), ("soon", None), (None, None)])
def test_a_429_carries_the_moment_that_it_names(header: str | None, until: datetime | None) -> None:
    error = verdict("AAPL", 429, header, b"", now=NOW)
    assert isinstance(error, RateLimited)
    assert error.until == until
