"""The README's promises to those who listen, and to people with accounts, kept by the platform as they meet it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.acceptance.conftest import RunningPlatform

PROJECT = Path(__file__).parents[2]
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture(scope="module")
def listed(running_platform: RunningPlatform, tmp_path_factory: pytest.TempPathFactory) -> RunningPlatform:
    """The platform with a listing of our own, whose price is 10."""
    symbols = tmp_path_factory.mktemp("archive") / "symbols.csv"
    symbols.write_text("symbol,name,exchange,currency\nZZQY,Yak Quill Works Inc.,NYSE,USD\n", "utf-8")
    done = running_platform.run("import", "symbols", str(symbols))
    assert done.returncode == 0, done.stderr
    _close_at(running_platform, symbols.parent, "10.00")
    return running_platform


@pytest.fixture(scope="module")
def admin(listed: RunningPlatform) -> Iterator[httpx.Client]:
    """Who was made at the terminal, logged in."""
    made = listed.run("users", "create-admin", "you@example.com", "--generate")
    assert made.returncode == 0, made.stderr
    password = made.stdout.split("shown this once: ")[1].split()[0]
    form = {"grant_type": "password", "username": "you@example.com", "password": password}
    with httpx.Client(base_url=f"{listed.api_url}/api/v1", timeout=30) as client:
        token = client.post("/users/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_a_change_is_told_and_told_again_to_who_was_away(listed: RunningPlatform, tmp_path: Path) -> None:
    address = f"{listed.api_url}/api/v1/sentiment/stream?symbols=ZZQY"
    with httpx.stream("GET", address, timeout=60) as stream:
        lines = stream.iter_lines()
        begun = _next_event(lines, "status")["id"]
        _close_at(listed, tmp_path, "11.00")
        told = _next_event(lines, "bars")
    assert json.loads(told["data"])["bars"][-1]["close"] == 11
    with httpx.stream("GET", address, headers={"Last-Event-ID": begun}, timeout=60) as stream:
        assert _next_event(stream.iter_lines(), "bars") == told


def test_an_alert_is_mailed_when_a_price_crosses_a_line(
    listed: RunningPlatform, admin: httpx.Client, tmp_path: Path
) -> None:
    _close_at(listed, tmp_path, "10.00")
    rule = {"symbol": "ZZQY", "measure": "price", "direction": "above", "threshold": "12", "channel": "email"}
    made = admin.post("/users/me/alerts", json=rule)
    assert made.status_code == 201, made.text
    place = f"/users/me/alerts/{made.json()['id']}"
    _until(lambda: admin.get(place).json()["side"] == "below", "the first look has learned where it stands", listed)
    _close_at(listed, tmp_path, "13.00")
    _until(lambda: admin.get(f"{place}/history").json()["items"] != [], "it has fired", listed)
    _until(lambda: any("ZZQY" in mail.read_text("utf-8") for mail in listed.home.glob("mail/*.eml")), "a mail came")


def test_a_watchlist_and_a_key_for_programs(admin: httpx.Client) -> None:
    kept = admin.post("/users/me/watchlists", json={"name": "Mine", "symbols": ["ZZQY"]})
    assert kept.status_code == 201, kept.text
    key = admin.post("/users/me/api-keys", json={"name": "notebook", "scopes": ["watchlists"]}).json()["key"]
    by_key = httpx.Client(base_url=admin.base_url, headers={"X-API-Key": key}, timeout=30)
    assert [found["symbols"] for found in by_key.get("/users/me/watchlists").json()["items"]] == [["ZZQY"]]
    assert by_key.get("/users/me/alerts").status_code == 403
    assert httpx.get(f"{admin.base_url}users/me/watchlists", timeout=30).status_code == 401


def test_operations_are_for_operators(listed: RunningPlatform, admin: httpx.Client) -> None:
    assert admin.get("/operations/sources").status_code == 200
    assert httpx.get(f"{listed.api_url}/api/v1/operations/sources", timeout=30).status_code == 401


def test_every_answer_says_what_is_left(listed: RunningPlatform) -> None:
    assert "r=" in httpx.get(f"{listed.api_url}/api/v1/stocks/ZZQY", timeout=30).headers["RateLimit"]


def test_the_document_for_clients_needs_nothing_running(listed: RunningPlatform, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    done = listed.run("openapi", "--output", str(file), INSITECHART_HOME=str(tmp_path / "none"))
    assert done.returncode == 0, done.stderr
    assert json.loads(file.read_text("utf-8"))["openapi"].startswith("3.1")


def _close_at(platform: RunningPlatform, folder: Path, price: str) -> None:
    bars = folder / f"bars-{price}.csv"
    bars.write_text(f"symbol,date,open,high,low,close\nZZQY,{YESTERDAY},10.00,20.00,5.00,{price}\n", "utf-8")
    done = platform.run("import", "bars", str(bars))
    assert done.returncode == 0, done.stderr


def _next_event(lines: Iterator[str], name: str) -> dict[str, str]:
    """The fields of the next event of this name."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line and fields.get("event") == name:
            return fields
        fields = dict(fields, **dict([line.split(": ", 1)])) if ": " in line else {}
    raise AssertionError(f"the stream ended before {name} came")


def _until(condition, what: str, looks: RunningPlatform | None = None) -> None:  # type: ignore[no-untyped-def]
    """Waits; with `looks` at alerts, at once instead of at the next minute."""
    if looks is not None:
        command = [
            str(Path(sys.executable).with_name("prefect")),
            "deployment",
            "run",
            "watch-alerts/default",
            "--watch",
        ]
        environment = os.environ | {
            "PREFECT_API_URL": f"{looks.prefect_url}/api",
            "PREFECT_HOME": str(looks.home / "me"),
        }
        done = subprocess.run(
            command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.5)
