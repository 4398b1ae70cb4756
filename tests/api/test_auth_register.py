"""Registering by a mailed link: nothing tells who has an account, and nobody gains from a foreign address."""

import re
from pathlib import Path

import pytest

from lib.postgres.server import PostgresServer
from tests.support.accounts import (
    OTHER_PASSWORD,
    PASSWORD,
    USERS,
    House,
    add_person,
    log_in,
    new_address,
    open_house,
    password_form,
    text_of,
    token_in,
)


@pytest.fixture
def kim() -> str:
    return new_address()


async def register(house: House, address: str, password: str = PASSWORD, **more: str) -> None:
    answer = await house.client.post(USERS, json={"email": address, "password": password, **more})
    assert answer.status_code == 202, answer.text
    assert answer.headers["cache-control"] == "no-store"


async def verify(house: House, token: str, password: str = PASSWORD) -> int:
    return (await house.client.post(f"{USERS}/verify", json={"token": token, "password": password})).status_code


async def test_a_person_registers_follows_the_link_and_logs_in(house: House, kim: str) -> None:
    await register(house, kim.replace("k", "K"))
    assert await house.pool.fetchval("SELECT count(*) FROM users WHERE email = $1", kim) == 0
    [mail] = await house.mails(kim)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (await house.client.post(f"{USERS}/token", data=password_form(kim))).status_code == 400
    assert await verify(house, token_in(mail)) == 200
    assert await verify(house, token_in(mail)) == 400
    person = await log_in(house.client, kim)
    me = (await house.client.get(f"{USERS}/me", headers=person.bearer)).json()
    assert (me["email"], me["role"], me["locale"]) == (kim, "user", "en")


async def test_the_answer_is_the_same_for_who_has_an_account(house: House, kim: str) -> None:
    await add_person(house.pool, kim)
    answers = [
        await house.client.post(USERS, json={"email": address, "password": OTHER_PASSWORD})
        for address in (kim, new_address())
    ]
    first, second = ({**answer.headers} for answer in answers)
    for headers in (first, second):
        headers.pop("x-request-id")
    assert (answers[0].content, first) == (answers[1].content, second)
    [told] = await house.mails(kim)
    assert "You have an InsiteChart account" in str(told["Subject"])
    assert "/account#" not in text_of(told)
    await log_in(house.client, kim)


async def test_whoever_follows_a_foreign_link_does_not_get_the_foreign_password(house: House, kim: str) -> None:
    await register(house, kim, password=OTHER_PASSWORD)
    await register(house, kim)
    foreign, own = [token_in(mail) for mail in await house.mails(kim)]
    tokens = {await verify(house, token, PASSWORD): token for token in (foreign, own)}
    assert set(tokens) == {200, 400}
    await log_in(house.client, kim)
    assert await house.pool.fetchval("SELECT count(*) FROM mail_links WHERE email = $1", kim) == 0


async def test_a_link_is_tried_with_few_passwords(house: House, kim: str) -> None:
    await register(house, kim)
    [mail] = await house.mails(kim)
    for number in range(10):
        assert await verify(house, token_in(mail), f"guess number {number}") == 400
    assert await verify(house, token_in(mail)) == 400


async def test_links_that_do_not_hold_are_refused(house: House, kim: str) -> None:
    await register(house, kim)
    [mail] = await house.mails(kim)
    token = token_in(mail)
    purpose, row, ends, key, signature = token.split(".")
    other = "reset" if purpose == "register" else "register"
    for changed in (
        f"{other}.{row}.{ends}.{key}.{signature}",
        f"{purpose}.{'0' * 32}.{ends}.{key}.{signature}",
        f"{purpose}.{row}.{int(ends) + 9999}.{key}.{signature}",
        f"{purpose}.{row}.{ends}..{signature}",
        f"{purpose}.{row}.{ends}.{key}.",
        f"{purpose}.{row}.{ends}.{key}.{signature[:-2]}",
        token[:-1] + "\u00e9",
        "",
    ):
        assert await verify(house, changed) == 400, changed
    # signed, but over
    await house.pool.execute("UPDATE mail_links SET expires_at = now() - INTERVAL '1 second'")
    assert await verify(house, token) == 400


async def test_the_link_is_mailed_again_but_not_without_end(house: House, kim: str) -> None:
    await register(house, kim, locale="ko")
    for address in (kim, "nobody@example.com", *(kim for _ in range(9))):
        answer = await house.client.post(f"{USERS}/verify/resend", json={"email": address, "locale": "ko"})
        assert answer.status_code == 202
    mails = await house.mails(kim)
    assert 2 <= len(mails) <= 5
    assert all("확인" in str(mail["Subject"]) for mail in mails)
    assert not await house.mails("nobody@example.com")
    assert await verify(house, token_in(mails[-1])) == 200
    assert await house.pool.fetchval("SELECT locale FROM users WHERE email = $1", kim) == "ko"


@pytest.mark.parametrize("address", ["", "kim", "a@b", "kim@example.com\r\nBcc: all@example.com", "한@example.com",
                                     "kim@exa mple.com", "a@" + "b" * 260 + ".com", "kim@example.com\x00",
                                     "<kim@example.com>", "kim@example.com,eve@example.com"])  # fmt: skip
async def test_what_is_no_address_is_refused(house: House, kim: str, address: str) -> None:
    answer = await house.client.post(USERS, json={"email": address, "password": PASSWORD})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "email")


@pytest.mark.parametrize("password", ["", "short", "password123456", "x" * 2000,
                                      "tab\tin the middle", "aaaaaaaaaaaaaaa", "qwertyuiop123"])  # fmt: skip
async def test_weak_passwords_are_refused_and_not_repeated(house: House, kim: str, password: str) -> None:
    answer = await house.client.post(USERS, json={"email": kim, "password": password})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "password")
    assert len(password) < 6 or password not in answer.text


async def test_ones_own_address_is_no_password(house: House, kim: str) -> None:
    assert (await house.client.post(USERS, json={"email": kim, "password": f"{kim}2026"})).status_code == 400


async def test_nobody_registers_where_it_is_closed(postgres: PostgresServer, tmp_path: Path, kim: str) -> None:
    async with open_house(postgres, tmp_path, registration=False) as closed:
        answer = await closed.client.post(USERS, json={"email": kim, "password": PASSWORD})
    assert answer.status_code == 403


async def test_a_forgotten_password_is_replaced_and_every_login_ends(house: House, kim: str) -> None:
    await add_person(house.pool, kim)
    person = await log_in(house.client, kim)
    for address in (kim, "nobody@example.com"):
        assert (await house.client.post(f"{USERS}/password/reset", json={"email": address})).status_code == 202
    [mail] = await house.mails(kim)
    assert not await house.mails("nobody@example.com")
    body = {"token": token_in(mail), "new_password": "short"}
    assert (await house.client.post(f"{USERS}/password/reset/confirm", json=body)).status_code == 400
    body["new_password"] = OTHER_PASSWORD
    assert (await house.client.post(f"{USERS}/password/reset/confirm", json=body)).status_code == 204
    assert (await house.client.post(f"{USERS}/password/reset/confirm", json=body)).status_code == 400
    assert (await house.client.get(f"{USERS}/me", headers=person.bearer)).status_code == 401
    refreshed = await house.client.post(f"{USERS}/token/refresh", data={"refresh_token": person.refresh})
    assert refreshed.json()["error"] == "invalid_grant"
    await log_in(house.client, kim, OTHER_PASSWORD)
    assert await house.mails(kim, "password was changed")


async def test_what_was_delivered_is_forgotten(house: House, kim: str) -> None:
    await register(house, kim)
    [mail] = await house.mails(kim)
    assert await house.pool.fetchval("SELECT count(*) FROM mails WHERE address IS NOT NULL OR content <> '{}'") == 0
    file = next((house.home / "mail").glob("*.eml"))
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not re.search(r"tram seven", text_of(mail))


async def test_mailed_links_lead_to_a_page_that_loads_nothing_from_elsewhere(house: House) -> None:
    page = await house.client.get("/account")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 4
    for address in loaded:
        assert address.startswith("/assets/")
        assert (await house.client.get(address)).status_code == 200
