"""The running platform: everything answers, a part that dies comes back, and nobody gets into its way by accident."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deployments.local.instance import holder
from deployments.prefect.definitions import read_deployments
from tests.acceptance.conftest import RunningPlatform, guards_of


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    """Waits for `what` to become true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def part(platform: RunningPlatform, name: str) -> dict[str, Any]:
    parts: Any = platform.status()["parts"]
    return next(part for part in parts if part["name"] == name)


def test_every_part_is_ready_and_answers(running_platform: RunningPlatform) -> None:
    status = running_platform.status()
    assert status["phase"] == "ready"
    states = {part["name"]: part["state"] for part in status["parts"]}  # type: ignore[attr-defined]
    assert {states[name] for name in ("postgres", "prefect", "flows", "api")} == {"ready"}
    assert states["sample"] == "done"
    assert httpx.get(f"{running_platform.api_url}/api/v1/health/ready").status_code == 200
    assert httpx.get(f"{running_platform.api_url}/docs", follow_redirects=True).status_code == 200
    assert httpx.get(f"{running_platform.prefect_url}/api/health").json() is True


def test_what_was_said_at_the_start(running_platform: RunningPlatform) -> None:
    words = (running_platform.home / "logs" / "up.log").read_text("utf-8")
    assert f"export PREFECT_API_URL={running_platform.prefect_url}/api" in words
    assert f"{running_platform.api_url}/docs" in words
    assert "insitechart sample drop" in words


def test_the_prefect_page_is_served_and_asks_its_own_address(running_platform: RunningPlatform) -> None:
    page = httpx.get(running_platform.prefect_url, follow_redirects=True, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<html" in page.text.lower()
    assert httpx.get(f"{running_platform.prefect_url}/ui-settings").json()["api_url"] == "/api"
    stranger = httpx.get(f"{running_platform.prefect_url}/api/health", headers={"Origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in stranger.headers


def test_every_deployment_is_recorded_and_served(running_platform: RunningPlatform) -> None:
    wanted = {deployment.name for deployment in read_deployments()}
    found = httpx.post(f"{running_platform.prefect_url}/api/deployments/filter", json={}).json()
    assert len(found) == len(read_deployments())
    assert {deployment["name"] for deployment in found} == wanted
    assert {deployment["status"] for deployment in found} == {"READY"}


def test_the_home_folder_is_for_its_owner_alone(running_platform: RunningPlatform) -> None:
    home = running_platform.home
    for place in (home, home / "run", home / "logs", home / "postgres", home / "prefect", home / "run/platform.json"):
        assert place.stat().st_mode & 0o077 == 0, place


@pytest.mark.parametrize("name", ["api", "postgres"])
def test_a_part_that_is_killed_comes_back_and_that_is_said(running_platform: RunningPlatform, name: str) -> None:
    before = part(running_platform, name)
    psutil.Process(before["pid"]).kill()
    until(lambda: part(running_platform, name)["restarts"] == before["restarts"] + 1)
    until(lambda: part(running_platform, name)["state"] == "ready")
    after = part(running_platform, name)
    assert after["pid"] != before["pid"]
    assert after["address"] == before["address"]
    words = (running_platform.home / "logs" / "up.log").read_text("utf-8")
    assert f"{name:<9} restarting: ended by SIGKILL" in words
    until(lambda: httpx.get(f"{running_platform.api_url}/api/v1/stocks/AAPL").status_code == 200)


def test_a_guard_that_is_killed_is_replaced(running_platform: RunningPlatform) -> None:
    running = holder(running_platform.home)
    assert running is not None

    (first,) = guards_of(running.pid)
    psutil.Process(first).kill()
    until(lambda: guards_of(running.pid) not in ([], [first]))


def test_another_platform_on_the_same_folder_is_refused(running_platform: RunningPlatform) -> None:
    refused = running_platform.run("up", seconds=30)
    assert refused.returncode == 1
    assert f"Another platform runs in {running_platform.home}" in refused.stderr
    assert "insitechart down" in refused.stderr
    assert running_platform.status()["phase"] == "ready"


@pytest.mark.parametrize("option", ["--api-port", "--prefect-port"])
def test_a_taken_port_is_refused_with_its_holder(own_platform: RunningPlatform, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = own_platform.run("up", option, str(port), seconds=30)
    assert refused.returncode == 1
    assert f"Port {port}" in refused.stderr
    assert f"(process {psutil.Process().pid})" in refused.stderr
    assert f"{option} {port + 1}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert own_platform.processes() == []


def test_nothing_running_is_one_sentence(own_platform: RunningPlatform) -> None:
    told = own_platform.run("status")
    assert told.returncode == 1
    assert f"No platform is running in {own_platform.home}" in told.stderr
    assert json.loads(own_platform.run("status", "--json").stdout) == {"running": False, "home": str(own_platform.home)}
    assert own_platform.run("down").returncode == 0


def test_a_home_that_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = RunningPlatform(tmp_path / "file" / "home").run("up", seconds=30)
    assert refused.returncode == 1
    assert "cannot be used: Not a directory" in refused.stderr
    assert "INSITECHART_HOME" in refused.stderr
