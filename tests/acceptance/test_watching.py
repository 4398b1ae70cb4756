"""Prefect's watch over backups on the running platform: what was recorded, and that silence is noticed."""

import asyncio
import time

import httpx
import pytest
from prefect.client.orchestration import PrefectClient

from deployments.prefect.automations import PREFIX, Automation, Trigger, apply_automations, read_automations
from tests.acceptance.conftest import RunningPlatform

OWN = "Test: "


def recorded(platform: RunningPlatform, prefix: str) -> set[str]:
    found = httpx.post(f"{platform.prefect_url}/api/automations/filter", json={}, timeout=30).json()
    return {one["name"] for one in found if one["name"].startswith(prefix)}


def test_every_watch_is_recorded_once_the_flows_are_served(running_platform: RunningPlatform) -> None:
    wanted = {f"{PREFIX}{one.name}" for one in read_automations()}
    end = time.monotonic() + 60
    while recorded(running_platform, PREFIX) != wanted:
        assert time.monotonic() < end, recorded(running_platform, PREFIX)
        time.sleep(0.5)


@pytest.mark.parametrize("posture", ["Proactive", "Reactive"])
def test_what_stays_away_or_comes_is_told(running_platform: RunningPlatform, posture: str) -> None:
    event = f"insitechart.test.{posture.lower()}"
    sentence = f"{posture}: something was noticed."
    watch = Automation(
        name=posture,
        description="For a test.",
        trigger=Trigger(
            posture=posture,  # type: ignore[arg-type]
            expect=[event],
            match={"prefect.resource.id": "insitechart.test.*"},
            within=10 if posture == "Proactive" else 0,
        ),
        run="recovery-report/alarm",
        parameters={"alarm": sentence},
    )
    api = f"{running_platform.prefect_url}/api"

    async def apply(*wanted: Automation) -> list[str]:
        async with PrefectClient(api) as client:
            return await apply_automations(client, wanted, OWN)

    assert asyncio.run(apply(watch)) == [f"made: {OWN}{posture}"]
    try:
        end = time.monotonic() + 120
        while sentence not in told(api):
            assert time.monotonic() < end, "nobody was told"
            if posture == "Reactive":
                # the server may not have heard of the watch yet
                emit(api, event)
            time.sleep(1)
    finally:
        assert asyncio.run(apply()) == [f"removed: {OWN}{posture}"]


def told(api: str) -> list[str]:
    """The alarms of the runs that were asked for, due or done."""
    runs = httpx.post(
        f"{api}/flow_runs/filter", json={"deployments": {"name": {"any_": ["alarm"]}}, "limit": 50}, timeout=30
    ).json()
    return [run["parameters"].get("alarm", "") for run in runs]


def emit(api: str, event: str) -> None:
    """Tells Prefect of an event, as a flow does."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    number = f"{time.time_ns():032x}"
    sent = {
        "id": f"{number[:8]}-{number[8:12]}-4{number[13:16]}-8{number[17:20]}-{number[20:]}",
        "occurred": moment,
        "event": event,
        "resource": {"prefect.resource.id": "insitechart.test.one"},
        "related": [],
        "payload": {},
    }
    httpx.post(f"{api}/events", json=[sent], timeout=30).raise_for_status()
