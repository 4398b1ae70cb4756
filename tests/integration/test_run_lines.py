"""A process that is a flow run writes lines as every other process does, with the run's id on each."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from deployments.local.parts import PROJECT
from lib.trace_ids import parent_in
from tests.servers.otlp import receiving_spans

RUN = "0d6f2b5e-9a3c-4d0e-8a55-0f6f3f0a8f11"
TRACE = RUN.replace("-", "")

_CODE = """
from prefect import flow
import logging
from lib.logs import get_logger
from lib.tracing import outgoing
get_logger("lib.somewhere").info("hello", url="postgresql://kim:s3cr3t@db/x")
logging.getLogger("prefect.runner").warning("from Prefect")
logging.getLogger("elsewhere").warning("from a library")
logging.getLogger("elsewhere").info("too much")
print(outgoing()["traceparent"])
"""


def _written(tmp_path: Path, **environment: str) -> tuple[list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        cwd=PROJECT,
        env={
            "PATH": "/usr/bin:/bin",
            "PREFECT_HOME": str(tmp_path),
            "PREFECT_LOGGING_SETTINGS_PATH": str(PROJECT / "deployments" / "prefect" / "logging.yaml"),
            "PREFECT__FLOW_RUN_ID": RUN,
            "INSITECHART_HOME": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stderr.splitlines()], done.stdout.strip()


def test_every_line_bears_the_run(tmp_path: Path) -> None:
    lines, header = _written(tmp_path)
    assert [line["event"] for line in lines] == ["hello", "from Prefect", "from a library"]
    for line in lines:
        assert (line["flow_run_id"], line["request_id"], line["service"]) == (RUN, TRACE, "flows")
    assert "s3cr3t" not in str(lines)
    parent = parent_in(header.encode())
    assert parent is not None
    assert (parent.trace_id, parent.sampled) == (TRACE, False)


def test_a_run_is_one_trace_and_says_so_to_others(tmp_path: Path) -> None:
    with receiving_spans() as spans:
        _, header = _written(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=spans.url)
    [span] = spans.spans
    assert (span.name, span.trace_id.hex(), spans.services) == ("flow run", TRACE, {"flows"})
    assert header == f"00-{TRACE}-{span.span_id.hex()}-01"


def test_a_receiver_that_is_away_keeps_nobody_from_ending(tmp_path: Path) -> None:
    lines, header = _written(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert lines[0]["event"] == "hello"
    assert header.endswith("-01")
