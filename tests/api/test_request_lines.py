"""The one log line of a request: every field, one line, whatever a client sent."""

import json
import subprocess
import sys
from typing import Any

import pytest

_CODE = """
import json, sys
from lib.logs import configure_logs, get_logger
from api.request_lines import write_request_line
style, level, paths = json.loads(sys.stdin.read())
configure_logs(level, style)
def write(path, duration_ms, request_id, quiet=False):
    write_request_line(method="GET", path=path, route="/api/v1/stocks/{symbol}", status=200, duration_ms=duration_ms,
                       request_id=request_id, quiet=quiet)
for path in paths:
    write(path, 1.25, "a-1")
write("/health", 0.1, "a-2", quiet=True)
plain = dict(method="GET", path="/plain", route="r", status=1, duration_ms=0.5, request_id="a-3")
get_logger("api.observed").info("request", **plain)
"""

NASTY = [
    "/api/v1/stocks/AAPL",
    "/삼성전자",
    '/a"b\\c',
    "/a\nb\r\nc",
    "/a\x1b[31mred\x9b31m",
    "/a\u2028b\u2029c\x85d",
    "/\ud800",
    '/", "status": 500, "x": "',
    "/" + "a" * 5000,
]


def _written(style: str, level: str = "info") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        input=json.dumps([style, level, NASTY]),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONIOENCODING": "utf-8"},
    )
    return done.stderr.splitlines()


def test_a_line_is_a_line_and_holds_every_field() -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in _written("json")]
    *ours, plain = lines
    assert len(ours) == len(NASTY)
    for line in ours:
        assert line.keys() == plain.keys()
        assert (line["level"], line["logger"], line["event"]) == ("info", "api.observed", "request")
        assert (line["method"], line["status"], line["duration_ms"], line["request_id"]) == ("GET", 200, 1.25, "a-1")
        assert len(line["timestamp"]) == len(plain["timestamp"])
        assert line["path"].isprintable()
    assert [ours[0]["path"], ours[1]["path"], ours[2]["path"]] == NASTY[:3]


@pytest.mark.parametrize("style", ["json", "console"])
def test_nothing_steers_a_terminal(style: str) -> None:
    lines = _written(style)
    assert len(lines) == len(NASTY) + 1
    assert not any("31m" in line and ("\x1b[31mred" in line or "\x9b" in line) for line in lines)


def test_the_level_holds() -> None:
    assert _written("json", "warning") == []
    assert any('"path": "/health"' in line for line in _written("json", "debug"))
