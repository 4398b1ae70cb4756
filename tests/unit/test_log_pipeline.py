"""The configurations of the log pipeline are well-formed, and what they look for is what is written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.request_lines import write_request_line

FOLDER = Path(__file__).parents[2] / "deployments" / "compose" / "logs"

# what the gateway writes in a line, as docs/logs.md has it
GATEWAY = {
    "timestamp": "2026-03-04T06:12:07.123Z",
    "service": "gateway",
    "level": "info",
    "event": "request",
    "request_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "client": "203.0.113.77",
    "method": "GET",
    "path": "/api/v1/stocks/AAPL",
    "status": 200,
    "bytes": 512,
    "duration_ms": 1.5,
    "user_agent": "curl/8.0",
}
OF_FILEBEAT = {"container", "host", "log", "stream", "docker", "tags"}
MADE = {"geo", "agent", "@timestamp"}


@pytest.fixture
def api(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The fields of the API's line of a request, written by this very code."""
    from lib.logs import configure_logs

    configure_logs("info", "json", service="api")
    route = "/api/v1/stocks/{symbol}"
    write_request_line(
        method="GET", path="/api/v1/stocks/AAPL", route=route, status=200, duration_ms=1.25, request_id="a-1"
    )
    line: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


def _sections(text: str) -> list[str]:
    """The blocks of a Logstash pipeline; fails where brackets or quotes do not match."""
    bare = re.sub(r"(?m)^\s*#.*$|(?<=\s)#[^\"\n]*$", "", text)
    without = re.sub(r'"(?:[^"\\]|\\.)*"', '""', bare)
    assert '"' not in without.replace('""', "")
    depth, pairs, open_ = 0, {"}": "{", "]": "[", ")": "("}, []
    sections: list[str] = []
    for at, sign in enumerate(without):
        if sign in "{[(":
            if sign == "{" and not open_:
                sections.append(without[:at].split()[-1])
            open_.append(sign)
        elif sign in pairs:
            assert open_, f"{sign} closes nothing"
            assert open_.pop() == pairs[sign], f"{sign} closes something else"
    assert (open_, depth) == ([], 0)
    return sections


def test_logstash_has_an_input_a_filter_and_an_output() -> None:
    assert _sections((FOLDER / "logstash.conf").read_text("utf-8")) == ["input", "filter", "output"]


@pytest.mark.parametrize("broken", ["input { beats { port => 5044 }", 'filter { a => "b }', "output { ) }"])
def test_a_broken_pipeline_is_noticed(broken: str) -> None:
    with pytest.raises(AssertionError):
        _sections(broken)


def test_every_field_that_logstash_looks_at_is_written(api: dict[str, Any]) -> None:
    text = (FOLDER / "logstash.conf").read_text("utf-8")
    looked_at = {name for name in re.findall(r"(?<![\w\]])\[([@\w]+)\]", text) if name not in ("@metadata",)}
    looked_at |= set(re.findall(r'source => "(\w+)"', text)) | set(re.findall(r"%\{(\w+)\}", text))
    assert looked_at <= GATEWAY.keys() | api.keys() | OF_FILEBEAT | MADE
    assert {"client", "user_agent", "service", "level", "status", "timestamp"} <= looked_at


def test_gateway_and_api_call_the_same_things_by_the_same_names(api: dict[str, Any]) -> None:
    shared = {"timestamp", "service", "level", "event", "request_id", "method", "path", "status", "duration_ms"}
    assert shared <= GATEWAY.keys() & api.keys()
    assert not {"client", "user_agent"} & api.keys()


def test_every_written_field_has_a_kind(api: dict[str, Any]) -> None:
    template = json.loads((FOLDER / "template.json").read_text("utf-8"))
    known = template["template"]["mappings"]["properties"].keys()
    assert (GATEWAY.keys() | api.keys()) - known <= {"timestamp"}
    assert MADE - {"agent"} <= known


def test_lines_are_gone_after_thirty_days() -> None:
    policy = json.loads((FOLDER / "retention.json").read_text("utf-8"))["policy"]
    assert policy["phases"]["delete"] == {"min_age": "30d", "actions": {"delete": {}}}
    settings = json.loads((FOLDER / "template.json").read_text("utf-8"))["template"]["settings"]
    assert settings["index.lifecycle.name"] == "insitechart"


def test_filebeat_and_logstash_agree_on_where_they_meet() -> None:
    filebeat = yaml.safe_load((FOLDER / "filebeat.yml").read_text("utf-8"))
    port = re.search(r"port => (\d+)", (FOLDER / "logstash.conf").read_text("utf-8"))
    assert port is not None
    assert filebeat["output.logstash"]["hosts"] == [f"${{LOGSTASH_HOST:logstash:{port[1]}}}"]
    [source] = filebeat["filebeat.inputs"]
    assert [next(iter(parser)) for parser in source["parsers"]] == ["container", "ndjson"]
    assert yaml.safe_load((FOLDER / "logstash.yml").read_text("utf-8"))["pipeline.ecs_compatibility"] == "disabled"
