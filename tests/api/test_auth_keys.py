"""API keys: shown once, kept as a hash, scoped, ending; and two people who never see each other's things."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.accounts.secrets import API_KEY, is_secret
from tests.support.accounts import (
    PASSWORD,
    USERS,
    House,
    api_key,
    known,
    log_in,
    new_address,
    password_form,
    token_in,
)

ME = f"{USERS}/me"
KEYS = f"{ME}/api-keys"


async def test_a_key_is_shown_once_and_kept_as_a_hash(house: House) -> None:
    person = await known(house)
    ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    body = {"name": " notebook · 노트북 ", "scopes": ["alerts", "read", "read"], "expires_at": ends}
    made = (await house.client.post(KEYS, json=body, headers=person.bearer)).json()
    key = made.pop("key")
    assert is_secret(API_KEY, key)
    assert (made["name"], made["scopes"], made["last_used_at"]) == ("notebook · 노트북", ["read", "alerts"], None)
    assert key.startswith(made["prefix"])
    listed = await house.client.get(KEYS, headers=person.bearer)
    assert listed.json()["items"] == [made]
    assert key not in listed.text
    stored = await house.pool.fetchval("SELECT key_hash FROM api_keys WHERE id = $1::text::uuid", made["id"])
    assert stored == hashlib.sha256(key.encode()).digest()
    one = await house.client.get(f"{KEYS}/{made['id']}", headers=person.bearer)
    assert one.json() == made


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "a\r\nb", "scopes": ["read"]}, "name"),
        ({"name": "a\x00b", "scopes": ["read"]}, "name"),
        ({"name": "\u202eevil", "scopes": ["read"]}, "name"),
        ({"name": "x" * 81, "scopes": ["read"]}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["everything"]}, "scopes[0]"),
        ({"name": "a", "scopes": ["operations"]}, "scopes"),
        ({"name": "a", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "a", "scopes": ["read"], "expires_at": "2200-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "a", "scopes": ["read"], "expires_at": "2026-01-01T00:00:00"}, "expires_at"),
        ({"name": "a", "scopes": ["read"], "role": "admin"}, "role"),
    ],
    ids=str,
)
async def test_what_cannot_be_made_is_refused(house: House, body: dict[str, Any], parameter: str) -> None:
    person = await known(house)
    answer = await house.client.post(KEYS, json=body, headers=person.bearer)
    assert (answer.status_code, answer.json().get("parameter")) == (400, parameter), answer.text


async def test_a_key_ends_is_deleted_and_loses_scopes_at_once(house: House) -> None:
    person = await known(house)
    keys = [await api_key(house, person, "account") for _ in range(3)]
    ids = [item["id"] for item in (await house.client.get(KEYS, headers=person.bearer)).json()["items"]][::-1]
    assert [(await house.client.get(ME, headers={"X-API-Key": key})).status_code for key in keys] == [200] * 3
    assert (await house.client.delete(f"{KEYS}/{ids[0]}", headers=person.bearer)).status_code == 204
    changed = await house.client.patch(f"{KEYS}/{ids[1]}", json={"scopes": ["read"]}, headers=person.bearer)
    assert changed.json()["scopes"] == ["read"]
    statuses = [(await house.client.get(ME, headers={"X-API-Key": key})).status_code for key in keys]
    assert statuses == [401, 403, 200]


async def test_a_change_elsewhere_holds_within_five_seconds(house: House) -> None:
    person = await known(house)
    key = await api_key(house, person, "account")
    headers = {"X-API-Key": key}
    assert (await house.client.get(ME, headers=headers)).status_code == 200
    await house.pool.execute("UPDATE api_keys SET expires_at = now() WHERE user_id = $1", person.id)
    await house.pool.execute("UPDATE users SET generation = generation + 1 WHERE id = $1", person.id)
    async with asyncio.timeout(6):
        for headers in ({"X-API-Key": key}, person.bearer):
            while (await house.client.get(ME, headers=headers)).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.2)


async def test_there_are_not_too_many(house: House) -> None:
    person = await known(house)
    body = {"name": "a", "scopes": ["read"]}
    answers = await asyncio.gather(*(house.client.post(KEYS, json=body, headers=person.bearer) for _ in range(53)))
    assert sorted(answer.status_code for answer in answers) == [201] * 50 + [409] * 3


async def test_two_people_never_see_each_others_things(house: House) -> None:
    one, other = await known(house), await known(house)
    await api_key(house, one, "read")
    key = (await house.client.get(KEYS, headers=one.bearer)).json()["items"][0]["id"]
    session = (await house.client.get(f"{ME}/sessions", headers=one.bearer)).json()["items"][0]["id"]
    for method, path, body in (
        ("GET", f"{KEYS}/{key}", None),
        ("PATCH", f"{KEYS}/{key}", {"name": "mine"}),
        ("DELETE", f"{KEYS}/{key}", None),
        ("DELETE", f"{ME}/sessions/{session}", None),
    ):
        answer = await house.client.request(method, path, json=body, headers=other.bearer)
        assert answer.status_code == 404, (method, path)
    assert (await house.client.get(KEYS, headers=other.bearer)).json()["items"] == []
    listed = (await house.client.get(f"{ME}/sessions", headers=other.bearer)).json()["items"]
    assert session not in [item["id"] for item in listed]
    told = (await house.client.get(f"{ME}/export", headers=other.bearer)).text
    assert str(one.id) not in told
    assert one.email not in told
    assert (await house.client.get(ME, headers=one.bearer)).status_code == 200


async def test_everything_kept_is_exported_and_no_secret(house: House) -> None:
    person = await known(house)
    key = await api_key(house, person, "account")
    # a key that reads the account reads neither watchlists nor alerts, and so not everything
    assert (await house.client.get(f"{ME}/export", headers={"X-API-Key": key})).status_code == 403
    answer = await house.client.get(f"{ME}/export", headers=person.bearer)
    assert "attachment" in answer.headers["content-disposition"]
    told = answer.json()
    assert told["account"]["email"] == person.email
    assert {"sessions", "api_keys", "known_addresses", "audit"} <= told["kept"].keys()
    actions = [entry["action"] for entry in told["kept"]["audit"]]
    assert actions == ["account.exported", "api_key.created", "login"]
    for secret in (key, person.refresh, person.access, "argon2", PASSWORD):
        assert secret not in answer.text


async def test_everything_is_not_asked_for_without_end(house: House) -> None:
    person = await known(house)
    answers = [await house.client.get(f"{ME}/export", headers=person.bearer) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 11 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert await house.pool.fetchval("SELECT count(*) FROM audit WHERE target_id = $1", person.id) == 12


async def test_deleting_an_account_leaves_nothing_of_the_person(house: House) -> None:
    person = await known(house)
    key = await api_key(house, person, "read")
    wrong = await house.client.request("DELETE", ME, json={"password": "not the one at all"}, headers=person.bearer)
    assert wrong.status_code == 403
    answer = await house.client.request("DELETE", ME, json={"password": PASSWORD}, headers=person.bearer)
    assert answer.status_code == 204
    assert (await house.client.get(ME, headers=person.bearer)).status_code == 401
    assert (await house.client.get("/health/live", headers={"X-API-Key": key})).status_code == 200
    assert (await house.client.get("/api/v1/stocks", headers={"X-API-Key": key})).status_code == 401
    assert (await house.client.post(f"{USERS}/token", data=password_form(person.email))).status_code == 400
    assert len(await house.mails(person.email, "is deleted")) == 1
    name = person.email.partition("@")[0]
    tables = await house.pool.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for table in (row["table_name"] for row in tables):
        found = await house.pool.fetchval(
            f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'",
            name, str(person.id),
        )  # fmt: skip
        assert found == 0 or table == "audit", table
    rows = await house.pool.fetch("SELECT address, details::text FROM audit WHERE target_id = $1", person.id)
    assert rows
    assert all(row["address"] is None and name not in row["details"] for row in rows)


async def test_an_address_is_changed_by_who_reads_there(house: House) -> None:
    person, other = await known(house), await known(house)
    new = new_address()
    for address in (other.email, new):
        body = {"email": address, "password": PASSWORD}
        answer = await house.client.post(f"{ME}/email", json=body, headers=person.bearer)
        assert answer.status_code == 202
    assert "You have an InsiteChart account" in str((await house.mails(other.email))[0]["Subject"])
    assert len(await house.mails(person.email, "may get another address")) == 2
    token = token_in((await house.mails(new))[0])
    wrong = await house.client.post(f"{USERS}/verify", json={"token": token, "password": "not the one at all"})
    assert wrong.status_code == 400
    done = await house.client.post(f"{USERS}/verify", json={"token": token, "password": PASSWORD})
    assert done.json() == {"email": new}
    assert (await house.client.get(ME, headers=person.bearer)).status_code == 401
    assert await house.mails(person.email, "has another address")
    assert await house.mails(new, "is the address of")
    await log_in(house.client, new)
    assert (await house.client.post(f"{USERS}/token", data=password_form(person.email))).status_code == 400


async def test_a_language_is_chosen(house: House) -> None:
    person = await known(house)
    assert (await house.client.patch(ME, json={"locale": "ko"}, headers=person.bearer)).json()["locale"] == "ko"
    assert (await house.client.patch(ME, json={"locale": "xx"}, headers=person.bearer)).status_code == 400
    assert (await house.client.patch(ME, json={"role": "admin"}, headers=person.bearer)).status_code == 400


async def test_no_log_line_holds_what_must_not_be_known(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        person = await known(house)
        key = await api_key(house, person, "account")
        await house.client.get(ME, headers={"X-API-Key": key})
        await house.client.get(ME, headers={"X-API-Key": key[:-1] + "a"})
        await house.client.post(f"{USERS}/token", data=password_form(person.email, "wrong horse altogether"))
        await house.client.post(f"{USERS}/password/reset", json={"email": person.email})
        await house.mails(person.email)
    told = caplog.text
    for secret in (PASSWORD, "wrong horse", key, person.access, person.refresh, person.email):
        assert secret not in told
