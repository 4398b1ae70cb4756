"""An alert as it travels: an API that answers is stopped, Prometheus notices, Alertmanager tells a webhook whom to page
and which page to open, and tells it again when all is well. Programs, rules and routes are those that are shipped.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lib.ports import free_port
from tests.acceptance.conftest import RunningPlatform
from tests.servers.webhook import Receiver, receiving
from tests.support.api_process import ApiProcess, running_api
from tests.support.monitoring import program, running_alertmanager, running_prometheus, shipped_alerts, until
from tests.support.runbooks import RUNBOOKS, Command, missing_lines, read_runbook

PATIENCE_S = 90


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ApiProcess]:
    program("prometheus", "prometheus")
    program("prometheus-alertmanager", "prometheus-alertmanager")
    async with running_api(database_url, free_port(), home=str(tmp_path)) as running:
        yield running


async def test_an_api_that_was_stopped_is_told_to_people_and_so_is_its_return(api: ApiProcess, tmp_path: Path) -> None:
    port = int(api.url.rsplit(":", 1)[1])
    async with receiving(None) as receiver:
        with (
            running_alertmanager(folder_of(tmp_path, "alertmanager"), f"http://127.0.0.1:{receiver.port}") as at,
            running_prometheus(
                folder_of(tmp_path, "prometheus"), {"insitechart-api": {"api": port}}, alertmanager=at
            ) as prometheus,
        ):
            await told(receiver, "dead-mans-switch", "Watchdog", "firing")
            await asyncio.to_thread(
                until, PATIENCE_S, "the API is never asked", lambda: prometheus.query('up{service="api"} == 1')
            )
            assert "ServiceDown" not in prometheus.firing()

            await api.terminate()
            page = await told(receiver, "pages", "ServiceDown", "firing")
            assert page["labels"] == {
                "alertname": "ServiceDown", "area": "service", "job": "insitechart-api", "service": "api",
                "severity": "page",
            }  # fmt: skip
            assert page["annotations"]["summary"] == "No instance of api answers."
            for link in (page["annotations"]["runbook_url"], page["annotations"]["runbook_url_ko"]):
                async with httpx.AsyncClient() as client:
                    opened = await client.get(link.partition("#")[0])
                assert opened.status_code == 200
                assert link.partition("#")[2] in anchors(opened.text)
            await asyncio.to_thread(
                until, PATIENCE_S, "what follows from it is not held back", lambda: "InstanceDown" in held_back(at)
            )

            # once the one is over, the other may be told of for the moment that it lasts longer
            assert not [one for one in of_path(receiver, "tickets") if one["labels"]["alertname"] == "InstanceDown"]

            await api.start()
            await told(receiver, "pages", "ServiceDown", "resolved")


async def told(receiver: Receiver, path: str, name: str, status: str) -> dict[str, Any]:
    """The alert of this name and status as it arrived at `path`."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for one in of_path(receiver, path):
                if one["labels"]["alertname"] == name and one["status"] == status:
                    return one
            await asyncio.sleep(0.1)


def of_path(receiver: Receiver, path: str) -> list[dict[str, Any]]:
    """Every alert that arrived at `path`."""
    return [
        alert
        for request in receiver.received
        if request.path == f"/{path}"
        for alert in json.loads(request.body)["alerts"]
    ]


def held_back(alertmanager: int) -> set[str]:
    """The alerts that Alertmanager knows and tells nobody."""
    known = httpx.get(f"http://127.0.0.1:{alertmanager}/api/v2/alerts", timeout=10).json()
    return {one["labels"]["alertname"] for one in known if one["status"]["inhibitedBy"]}


def anchors(text: str) -> set[str]:
    """What one may jump to in a page, as its headings are commonly linked."""
    return {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def folder_of(parent: Path, name: str) -> Path:
    """A new folder."""
    folder = parent / name
    folder.mkdir()
    return folder


COMMANDS = list(
    {
        (command.text, command.prints): command
        for area in dict.fromkeys(alert.area for alert in shipped_alerts())
        for command in read_runbook(RUNBOOKS / "en" / "alerts" / f"{area}.md")
        if not command.elsewhere
    }.values()
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.text[:40])
def test_the_pages_show_commands_that_do_what_they_say(command: Command, running_platform: RunningPlatform) -> None:
    places = {"API": running_platform.api_url, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command.text], env=running_platform.environment | places, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert missing_lines(command.prints, done.stdout) == [], done.stdout
