"""A whole platform, looked at from outside by the tests that a release runs, and by the ids in its lines."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import RunningPlatform

PROJECT = Path(__file__).parents[2]


def _looked_at(platform: RunningPlatform, tests: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-n", "0", f"tests/{tests}", "--base-url", platform.api_url, *arguments]
    return subprocess.run(
        command, env=platform.environment, cwd=PROJECT, capture_output=True, text=True, timeout=280, check=False
    )


def _lines(platform: RunningPlatform, part: str) -> list[dict[str, Any]]:
    text = (platform.home / "logs" / f"{part}.log").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_it_passes_the_look_after_a_release(running_platform: RunningPlatform) -> None:
    done = _looked_at(running_platform, "smoke")
    assert done.returncode == 0, done.stdout


def test_a_person_can_come_and_go(running_platform: RunningPlatform) -> None:
    mails = f'grep -lF "$TO" {running_platform.home}/mail/*.eml | xargs cat'
    done = _looked_at(running_platform, "e2e", "--mail-command", mails)
    assert done.returncode == 0, done.stdout
    assert "e2e-" not in (running_platform.home / "logs" / "api.log").read_text("utf-8")


def test_the_lines_of_a_flow_run_bear_its_id(running_platform: RunningPlatform) -> None:
    command = [str(Path(sys.executable).with_name("prefect")), "deployment", "run", "report/default", "--watch"]
    me = {"PREFECT_API_URL": f"{running_platform.prefect_url}/api", "PREFECT_HOME": str(running_platform.home / "me")}
    done = subprocess.run(
        command, env=os.environ | me, cwd=PROJECT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    runs: dict[str, set[str]] = {}
    for line in _lines(running_platform, "flows"):
        if "flow_run_id" in line:
            runs.setdefault(line["flow_run_id"], set()).add(line["request_id"])
            assert line["service"] == "flows"
    assert runs
    for run, traces in runs.items():
        assert traces == {run.replace("-", "")}
