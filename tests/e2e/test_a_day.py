"""A day of somebody who has just heard of the site: in, about, and out again, in the order in which they stand here."""

from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Visitor, delete_account


@pytest.fixture(scope="module")
def symbol(visitor: Visitor) -> str:
    """Something to watch."""
    return str(visitor.client.get("/stocks", params={"limit": 1}).json()["items"][0]["symbol"])


def _made(visitor: Visitor, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = visitor.client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_the_account_is_there(visitor: Visitor) -> None:
    me = visitor.client.get("/users/me")
    assert (me.status_code, me.json()["email"], me.json()["role"]) == (200, visitor.address, "user")


def test_a_wrong_password_does_not_get_in(visitor: Visitor) -> None:
    form = {"grant_type": "password", "username": visitor.address, "password": f"{visitor.password}x"}
    answer = visitor.client.post("/users/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_stocks_are_looked_at(visitor: Visitor, symbol: str) -> None:
    for path in (f"/stocks/{symbol}", f"/stocks/{symbol}/bars", f"/stocks/{symbol}/insight", f"/sentiment/{symbol}"):
        answer = visitor.client.get(path)
        assert answer.status_code == 200, answer.text


def test_a_text_is_read(visitor: Visitor) -> None:
    answer = visitor.client.post("/sentiment/analyze", json={"text": "A wonderful quarter, and a strong outlook."})
    assert answer.is_success, answer.text
    assert answer.json()["score"] > 0


def test_a_watchlist_is_kept_and_changed(visitor: Visitor, symbol: str) -> None:
    made = _made(visitor, "/users/me/watchlists", {"name": "Mine", "symbols": [symbol]})
    place = f"/users/me/watchlists/{made['id']}"
    changed = visitor.client.patch(place, json={"version": made["version"], "name": "Ours"})
    assert (changed.status_code, changed.json()["name"], changed.json()["symbols"]) == (200, "Ours", [symbol])
    late = visitor.client.patch(place, json={"version": made["version"], "name": "Theirs"})
    assert late.status_code == 409


def test_a_program_gets_a_key_and_loses_it(visitor: Visitor, verify: bool | str) -> None:
    made = _made(visitor, "/users/me/api-keys", {"name": "notebook", "scopes": ["watchlists"]})
    place = f"/users/me/api-keys/{made['id']}"
    with httpx.Client(base_url=visitor.client.base_url, verify=verify, timeout=30) as program:
        program.headers["X-API-Key"] = made["key"]
        assert program.get("/users/me/watchlists").status_code == 200
        assert program.get("/users/me/alerts").status_code == 403
        assert visitor.client.delete(place).is_success
        assert program.get("/users/me/watchlists").status_code == 401


def test_an_alert_is_set_and_withdrawn(visitor: Visitor, symbol: str) -> None:
    rule = {"symbol": symbol, "measure": "price", "direction": "above", "threshold": "1000000", "channel": "email"}
    made = _made(visitor, "/users/me/alerts", rule)
    place = f"/users/me/alerts/{made['id']}"
    assert visitor.client.get(place).json()["symbol"] == symbol
    assert visitor.client.delete(place).is_success
    assert visitor.client.get(place).status_code == 404


def test_everything_that_is_kept_can_be_had(visitor: Visitor) -> None:
    export = visitor.client.get("/users/me/export")
    assert export.status_code == 200
    assert visitor.address in export.text


def test_the_account_goes_with_all_that_was_in_it(visitor: Visitor) -> None:
    gone = delete_account(visitor)
    assert gone.is_success, gone.text
    assert visitor.client.get("/users/me").status_code == 401
    assert visitor.log_in().status_code == 400
