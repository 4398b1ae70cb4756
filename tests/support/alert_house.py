"""Alerts asked for over the API. It asserts no more than that they were made."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.accounts import USERS, House, Person

ALERTS = f"{USERS}/me/alerts"


def wanted(**values: Any) -> dict[str, Any]:
    usual = {
        "symbol": "005930.ks",
        "measure": "price",
        "direction": "above",
        "threshold": "80000",
        "channel": "webhook",
        "url": "https://example.com/hook",
    }
    return {name: value for name, value in (usual | values).items() if value is not None}


async def make(house: House, person: Person, **values: Any) -> dict[str, Any]:
    answer = await house.client.post(ALERTS, json=wanted(**values), headers=person.bearer)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def ask(house: House, person: Person, alert: dict[str, Any], what: str = "", **body: Any) -> Any:
    """POSTs to what an alert can be asked for, PATCHes it with a body, or GETs it."""
    place = f"{ALERTS}/{alert['id']}"
    if what:
        return await house.client.post(f"{place}/{what}", headers=person.bearer)
    if body:
        return await house.client.patch(place, json=body, headers=person.bearer)
    return await house.client.get(place, headers=person.bearer)


async def rotated(house: House, person: Person, alert: dict[str, Any]) -> str:
    answer = await ask(house, person, alert, "secret")
    assert answer.status_code == 200, answer.text
    until = datetime.fromisoformat(answer.json()["previous_secret_until"]) - datetime.now(UTC)
    assert timedelta(hours=23) < until <= timedelta(hours=24)
    return str(answer.json()["secret"])
