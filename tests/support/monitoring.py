"""Prometheus and Alertmanager as real processes on loopback, and what is shipped for them, read. They run in a folder
of the test's own, with the shipped rules; only targets, intervals and addresses are others.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from deployments.checks.check import PROJECT, which
from lib.ports import free_port
from lib.processes import last_words, spawn

SHIPPED = PROJECT / "deployments" / "compose"
RULES = sorted((SHIPPED / "prometheus" / "rules").glob("*.yml"))
RUNBOOKS = PROJECT / "docs" / "runbooks"

_START_S = 60.0


class Alert(NamedTuple):
    """An alerting rule as it is shipped; `area` is the name of its file."""

    name: str
    area: str
    expression: str
    labels: dict[str, str]
    annotations: dict[str, str]


def shipped_alerts() -> list[Alert]:
    """Every alert of the shipped rules."""
    return [
        Alert(rule["alert"], file.stem, rule["expr"], rule["labels"], rule["annotations"])
        for file in RULES
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
        for rule in group["rules"]
    ]


def program(name: str, package: str) -> str:
    """Where a program is; the test is skipped, and says so, where it is not installed."""
    found = which(name)
    if found is None:
        pytest.skip(f"no {name} here: install it (Debian: apt-get install --no-install-recommends {package})")
    return found


class Prometheus:
    """One that runs. `url` is where it answers."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query. Raises AssertionError with its words where it refuses it."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=30)
        told = answer.json()
        assert told["status"] == "success", f"{expression}: {told.get('error')}"
        result: list[dict[str, Any]] = told["data"]["result"]
        return result

    def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        told = httpx.get(f"{self.url}/api/v1/alerts", timeout=30).json()["data"]["alerts"]
        return {one["labels"]["alertname"] for one in told if one["state"] == "firing"}


@contextmanager
def running_prometheus(
    folder: Path, targets: Mapping[str, Mapping[str, int]], *, alertmanager: int | None = None, seconds: float = 1
) -> Iterator[Prometheus]:
    """A Prometheus with the shipped configuration that asks every second, until left.

    `targets` are ports on loopback, by job and by the value of the label `service`; jobs that are not named are left
    out. What alerts wait for is cut down to `seconds`.
    """
    exe = program("prometheus", "prometheus")
    port = free_port()
    shutil.copytree(RUNBOOKS, folder / "assets" / "runbooks")
    (folder / "rules").mkdir()
    for file in RULES:
        hasty = re.sub(r"^(\s+for:) \w+$", rf"\1 {seconds}s", file.read_text("utf-8"), flags=re.MULTILINE)
        (folder / "rules" / file.name).write_text(hasty, encoding="utf-8")
    config = yaml.safe_load((SHIPPED / "prometheus" / "prometheus.yml").read_text("utf-8"))
    config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["global"]["external_labels"]["runbooks"] = f"http://127.0.0.1:{port}/user/runbooks"
    config["alerting"]["alertmanagers"] = (
        [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}] if alertmanager else []
    )
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] in targets]
    for job in config["scrape_configs"]:
        for discovery in ("dns_sd_configs", "relabel_configs"):
            job.pop(discovery, None)
        # a scrape that reads the database may take longer than a second
        job |= {"scrape_interval": "5s", "scrape_timeout": "5s"} if seconds > 1 else {}
        job["static_configs"] = [
            {"targets": [f"127.0.0.1:{at}"], "labels": {"service": service} if service else {}}
            for service, at in targets[job["job_name"]].items()
        ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    command = [
        exe, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", f"--web.user-assets={folder / 'assets'}", "--log.level=warn",
    ]  # fmt: skip
    with _running("prometheus", command, folder, f"{url}/-/ready"):
        yield Prometheus(url)


@contextmanager
def running_alertmanager(folder: Path, webhook: str) -> Iterator[int]:
    """The port of an Alertmanager with the shipped routes and inhibitions, until left. Every receiver is the `webhook`,
    its own name as path; what it waits for is cut down to a second.
    """
    exe = program("prometheus-alertmanager", "prometheus-alertmanager")
    config = yaml.safe_load((SHIPPED / "alertmanager" / "alertmanager.yml").read_text("utf-8"))
    config["global"] = {"resolve_timeout": "5s"}
    config["templates"] = [str(SHIPPED / "alertmanager" / "templates" / "*.tmpl")]
    _hurry(config["route"])
    config["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": f"{webhook}/{one['name']}", "send_resolved": True}]}
        for one in config["receivers"]
    ]
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    port = free_port()
    command = [
        exe, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=warn",
    ]  # fmt: skip
    with _running("alertmanager", command, folder, f"http://127.0.0.1:{port}/-/ready"):
        yield port


def until(seconds: float, what: str, found: Callable[[], Any]) -> Any:
    """What `found` finds, asked again until it finds something. Fails after `seconds`."""
    patience = monotonic() + seconds
    while True:
        result = found()
        if result:
            return result
        assert monotonic() < patience, what
        sleep(0.1)


def dashboards() -> list[dict[str, Any]]:
    """Every shipped dashboard."""
    return [json.loads(file.read_text("utf-8")) for file in sorted((SHIPPED / "grafana" / "dashboards").glob("*.json"))]


def _hurry(route: dict[str, Any]) -> None:
    """Waits a tenth for what is told together, which keeps the order of the routes, and then tells all at once."""
    seconds, unit = re.fullmatch(r"(\d+)([sm])", route.get("group_wait", "30s")).groups()  # type: ignore[union-attr]
    route |= {"group_wait": f"{int(seconds) * (100 if unit == 's' else 6000)}ms", "group_interval": "1s"}
    for inner in route.get("routes", []):
        inner.setdefault("group_wait", f"{seconds}{unit}")
        _hurry(inner)


@contextmanager
def _running(name: str, command: list[str], folder: Path, ready: str) -> Iterator[None]:
    log = folder / f"{name}.log"
    process = spawn(command, environment={"PATH": "/usr/bin:/bin"}, log=log, folder=folder)
    try:
        until(_START_S, f"{name} did not start", lambda: _answers(ready) or _ended(process, log))
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _ended(process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, last_words(log)
    return False
