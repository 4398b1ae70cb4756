"""Logins: exchanging refresh tokens, theft and replay, logging out, and what ends a token at once."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.accounts import (
    OTHER_PASSWORD,
    PASSWORD,
    USERS,
    House,
    Person,
    known,
    log_in,
    new_address,
    password_form,
)

ME = f"{USERS}/me"


async def refresh(house: House, token: str) -> httpx.Response:
    return await house.client.post(f"{USERS}/token/refresh", data={"refresh_token": token})


async def is_let_in(house: House, person: Person) -> bool:
    return (await house.client.get(ME, headers=person.bearer)).status_code == 200


async def long_ago(house: House) -> None:
    """What was exchanged was so before any answer could still be on its way."""
    await house.pool.execute("UPDATE refresh_tokens SET used_at = used_at - INTERVAL '11 seconds'")


async def actions(house: House, person: Person) -> list[str]:
    rows = await house.pool.fetch("SELECT action FROM audit WHERE target_id = $1 ORDER BY id", person.id)
    return [row["action"] for row in rows]


async def test_the_answer_is_what_oauth_clients_expect(house: House) -> None:
    person = await known(house)
    answer = await house.client.post(
        f"{USERS}/token", data=password_form(person.email) | {"client_id": "x", "scope": ""}
    )
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    assert told["scope"].split() == ["read", "watchlists", "alerts", "account", "operations"]
    other = await house.client.post(
        f"{USERS}/token", data={"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    )
    assert other.json()["refresh_token"] != told["refresh_token"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": "kim@example.com"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": ["password", "password"], "username": "a", "password": "b"}, "invalid_request"),
        ({"grant_type": "password", "username": "kim@example.com", "password": "x" * 3000}, "invalid_request"),
        ({"grant_type": "password", "username": "a\x00b", "password": "p\x00w"}, "invalid_grant"),
        ({"grant_type": "password", "username": "' OR 1=1 --", "password": "'; DROP TABLE users; --"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "icr_" + "a" * 59}, "invalid_grant"),
    ],
    ids=str,
)  # fmt: skip
async def test_errors_are_those_of_rfc_6749_and_problems(house: House, form: dict[str, Any], error: str) -> None:
    answer = await house.client.post(f"{USERS}/token", data=form)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    told = answer.json()
    assert (told["error"], told["status"]) == (error, 400)
    assert told["error_description"] == told["detail"]
    assert told["type"].startswith("urn:insitechart:")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_token_in_the_head_keeps_nobody_from_a_new_one(house: House) -> None:
    person = await known(house)
    stale = {"Authorization": "Bearer not.any.more"}
    answer = await house.client.post(f"{USERS}/token/refresh", data={"refresh_token": person.refresh}, headers=stale)
    assert answer.status_code == 200


async def test_a_stolen_token_ends_the_login_of_both(house: House) -> None:
    victim = await known(house)
    stolen = victim.refresh
    current = (await refresh(house, stolen)).json()
    await long_ago(house)
    assert (await refresh(house, stolen)).json()["error"] == "invalid_grant"
    # neither the thief nor the victim goes on, in no way
    assert (await refresh(house, current["refresh_token"])).status_code == 400
    for token in (victim.access, current["access_token"]):
        assert not await is_let_in(house, victim._replace(access=token))
    assert "session.reuse" in await actions(house, victim)
    assert len(await house.mails(victim.email, "was ended")) == 1
    await refresh(house, stolen)
    assert len(await house.mails(victim.email, "was ended")) == 1
    assert await is_let_in(house, await log_in(house.client, victim.email))


async def test_an_older_one_of_the_family_is_noticed_as_well(house: House) -> None:
    person = await known(house)
    token = first = person.refresh
    for _ in range(4):
        token = (await refresh(house, token)).json()["refresh_token"]
    assert (await refresh(house, first)).status_code == 400
    assert (await refresh(house, token)).status_code == 400


async def test_a_button_pressed_twice_is_no_theft(house: House) -> None:
    person = await known(house)
    answers = await asyncio.gather(*(refresh(house, person.refresh) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    [following] = {answer.json()["refresh_token"] for answer in answers}
    # once the next one is used, the first is too old whatever the clock says
    assert (await refresh(house, following)).status_code == 200
    assert (await refresh(house, person.refresh)).status_code == 400


async def test_sessions_are_listed_and_ended(house: House) -> None:
    first = await known(house)
    second = await log_in(house.client, first.email)
    items = (await house.client.get(f"{ME}/sessions", headers=first.bearer)).json()["items"]
    assert sorted(item["current"] for item in items) == [False, True]
    other = next(item["id"] for item in items if not item["current"])
    assert (await house.client.delete(f"{ME}/sessions/{other}", headers=first.bearer)).status_code == 204
    assert (await house.client.delete(f"{ME}/sessions/{other}", headers=first.bearer)).status_code == 404
    assert not await is_let_in(house, second)
    assert (await refresh(house, second.refresh)).status_code == 400
    third = await log_in(house.client, first.email)
    assert (await house.client.delete(f"{ME}/sessions", headers=third.bearer)).json() == {"sessions": 1}
    assert [await is_let_in(house, person) for person in (first, third)] == [False, True]


async def test_the_oldest_of_too_many_logins_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.accounts.sessions.MOST_SESSIONS", 3)
    first = await known(house)
    assert await is_let_in(house, first)
    others = [await log_in(house.client, first.email) for _ in range(3)]
    assert not await is_let_in(house, first)
    assert all([await is_let_in(house, other) for other in others])
    assert (await refresh(house, first.refresh)).status_code == 400
    listed = (await house.client.get(f"{ME}/sessions", headers=others[0].bearer)).json()["items"]
    assert len(listed) == 3


@pytest.mark.parametrize("which", ["refresh", "access"])
async def test_logging_out_ends_either_token(house: House, which: str) -> None:
    person = await known(house)
    for token in (getattr(person, which), getattr(person, which), "nonsense", "icr_" + "b" * 59):
        answer = await house.client.post(f"{USERS}/token/revoke", data={"token": token})
        assert (answer.status_code, answer.json()) == (200, {})
    assert not await is_let_in(house, person)
    assert (await refresh(house, person.refresh)).status_code == 400


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET expires_at = now() WHERE user_id = $1",
        "UPDATE sessions SET last_used_at = now() - INTERVAL '31 days' WHERE user_id = $1",
        "UPDATE users SET disabled_at = now() WHERE id = $1",
        "DELETE FROM users WHERE id = $1",
    ],
)
async def test_a_session_that_is_over_is_not_refreshed(house: House, statement: str) -> None:
    person = await known(house)
    await house.pool.execute(statement, person.id)
    assert (await refresh(house, person.refresh)).json()["error"] == "invalid_grant"


async def test_a_changed_password_ends_the_other_logins_and_every_access_token(house: House) -> None:
    person = await known(house)
    other = await log_in(house.client, person.email)
    body = {"password": "not mine at all", "new_password": OTHER_PASSWORD}
    assert (await house.client.post(f"{ME}/password", json=body, headers=person.bearer)).status_code == 403
    body = {"password": PASSWORD, "new_password": "short"}
    assert (await house.client.post(f"{ME}/password", json=body, headers=person.bearer)).status_code == 400
    body["new_password"] = OTHER_PASSWORD
    assert (await house.client.post(f"{ME}/password", json=body, headers=person.bearer)).status_code == 204
    assert [await is_let_in(house, one) for one in (person, other)] == [False, False]
    assert (await refresh(house, other.refresh)).status_code == 400
    renewed = (await refresh(house, person.refresh)).json()
    assert await is_let_in(house, person._replace(access=renewed["access_token"]))
    assert (await house.client.post(f"{USERS}/token", data=password_form(person.email))).status_code == 400
    assert await house.mails(person.email, "password was changed")


async def test_an_admin_ends_tokens_at_once(house: House) -> None:
    admin, person = await known(house, "admin"), await known(house)
    address = f"/api/v1/operations/users/{person.id}"
    answer = await house.client.patch(address, json={"role": "operator"}, headers=admin.bearer)
    assert answer.json()["role"] == "operator"
    assert not await is_let_in(house, person)
    promoted = await log_in(house.client, person.email)
    assert (await house.client.get("/api/v1/operations/sources", headers=promoted.bearer)).status_code == 200
    assert (await house.client.patch(address, json={"disabled": True}, headers=admin.bearer)).json()["disabled_at"]
    assert not await is_let_in(house, promoted)
    assert (await house.client.post(f"{USERS}/token", data=password_form(person.email))).status_code == 400
    assert (await house.client.patch(address, json={"disabled": False}, headers=admin.bearer)).status_code == 200
    await log_in(house.client, person.email)
    mine = f"/api/v1/operations/users/{admin.id}"
    assert (await house.client.patch(mine, json={"role": "user"}, headers=admin.bearer)).status_code == 409
    nobody = f"/api/v1/operations/users/{uuid4()}"
    assert (await house.client.patch(nobody, json={"role": "user"}, headers=admin.bearer)).status_code == 404
    page = (await house.client.get(f"/api/v1/operations/audit?user={person.id}&limit=2", headers=admin.bearer)).json()
    assert [item["action"] for item in page["items"]] == ["login", "account.enabled"]
    more = await house.client.get(
        f"/api/v1/operations/audit?user={person.id}&cursor={page['next']}", headers=admin.bearer
    )
    assert [item["action"] for item in more.json()["items"]] == ["account.disabled", "login", "role.changed", "login"]
    assert more.json()["items"][2]["details"] == {"before": "user", "after": "operator"}
    found = await house.client.get(f"/api/v1/operations/users?email={person.email}", headers=admin.bearer)
    assert [item["id"] for item in found.json()["items"]] == [str(person.id)]


async def test_the_audit_is_appended_only(house: House) -> None:
    await known(house)
    for statement in ("UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit",
                      "UPDATE audit SET address = NULL, actor_id = NULL WHERE actor_id IS NOT NULL"):  # fmt: skip
        with pytest.raises(Exception, match="appended only"):
            await house.pool.execute(statement)


async def test_nobody_logs_in_where_there_is_nobody(house: House) -> None:
    answer = await house.client.post(f"{USERS}/token", data=password_form(new_address()))
    assert answer.json()["error"] == "invalid_grant"
