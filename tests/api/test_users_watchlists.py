"""/users/me/watchlists: made, ordered, changed by one at a time, and seen by nobody else."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support import seed
from tests.support.accounts import USERS, House, Person, api_key, known

LISTS = f"{USERS}/me/watchlists"


@pytest.fixture(scope="module", autouse=True)
async def listed(house: House) -> None:
    for symbol in ("AAPL", "MSFT", "005930.KS", "BRK-B"):
        await seed.add_symbol(house.pool, symbol)
    await house.pool.execute(
        "INSERT INTO symbols (symbol, name) SELECT 'N' || n, 'N' FROM generate_series(1, 201) AS n"
    )


@pytest.fixture
async def ada(house: House) -> Person:
    return await known(house)


async def make(house: House, person: Person, name: str, *symbols: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "symbols": list(symbols), **more}
    answer = await house.client.post(LISTS, json=body, headers=person.bearer)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def change(house: House, person: Person, of: dict[str, Any], **values: Any) -> Any:
    body = {"version": of["version"], **values}
    return await house.client.patch(f"{LISTS}/{of['id']}", json=body, headers=person.bearer)


async def all_of(house: House, person: Person) -> list[dict[str, Any]]:
    answer = await house.client.get(LISTS, headers=person.bearer)
    assert (answer.status_code, answer.json()["next"]) == (200, None)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_list_keeps_its_order_and_its_names(house: House, ada: Person) -> None:
    made = await make(house, ada, " 반도체 · chips ", "msft", "005930.KS", "$aapl", "MSFT")
    assert (made["name"], made["symbols"], made["default"], made["version"]) == (
        "반도체 · chips",
        ["MSFT", "005930.KS", "AAPL"],
        False,
        1,
    )
    answer = await house.client.get(f"{LISTS}/{made['id']}", headers=ada.bearer)
    assert answer.json() == made
    assert "no-store" in answer.headers["cache-control"]
    changed = (await change(house, ada, made, symbols=["BRK-B", "AAPL"])).json()
    assert (changed["symbols"], changed["version"], changed["name"]) == (["BRK-B", "AAPL"], 2, made["name"])
    assert (await change(house, ada, changed, symbols=[])).json()["symbols"] == []
    assert await all_of(house, ada) == [(await house.client.get(f"{LISTS}/{made['id']}", headers=ada.bearer)).json()]
    assert (await house.client.delete(f"{LISTS}/{made['id']}", headers=ada.bearer)).status_code == 204
    assert await all_of(house, ada) == []


async def test_at_most_one_is_the_default(house: House, ada: Person) -> None:
    first = await make(house, ada, "first", default=True)
    second = await make(house, ada, "second", default=True)
    assert [(found["name"], found["default"]) for found in await all_of(house, ada)] == [
        ("second", True),
        ("first", False),
    ]
    assert (await change(house, ada, first, default=True)).status_code == 409  # it has changed with the second
    first = (await house.client.get(f"{LISTS}/{first['id']}", headers=ada.bearer)).json()
    assert (await change(house, ada, first, default=True)).json()["default"] is True
    assert [found["name"] for found in await all_of(house, ada)] == ["first", "second"]
    second = (await house.client.get(f"{LISTS}/{second['id']}", headers=ada.bearer)).json()
    assert (second["default"], (await change(house, ada, second, default=False)).json()["default"]) == (False, False)


async def test_two_programs_never_overwrite_each_other_in_silence(house: House, ada: Person) -> None:
    made = await make(house, ada, "one", "AAPL")
    assert (await change(house, ada, made, name="another")).status_code == 200
    answer = await change(house, ada, made, symbols=[])
    refused = answer.json()
    assert answer.status_code == 409
    assert (refused["type"], refused["detail"]) == (
        "urn:insitechart:conflict",
        "The watchlist was changed meanwhile.",
    )


async def test_two_lists_have_two_names(house: House, ada: Person) -> None:
    await make(house, ada, "Chips")
    other = await make(house, ada, "Other")
    answer = await house.client.post(LISTS, json={"name": "chips"}, headers=ada.bearer)
    assert (answer.status_code, answer.json()["detail"]) == (409, "There is a watchlist 'chips' already.")
    assert (await change(house, ada, other, name="CHIPS")).status_code == 409
    assert (await change(house, ada, other, name="other")).status_code == 200


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"name": "n", "symbols": ["NOBODY"]}, "symbols"),
        ({"name": "n", "symbols": ["AAPL; DROP TABLE users"]}, "symbols"),
        ({"name": "n", "symbols": [f"N{n}" for n in range(1, 202)]}, "symbols"),
        ({"name": "n", "symbols": [1]}, "symbols"),
        ({"name": "n", "colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_used_is_named(house: House, ada: Person, body: dict[str, Any], parameter: str) -> None:
    answer = await house.client.post(LISTS, json=body, headers=ada.bearer)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:insitechart:bad-parameter")
    assert answer.json()["parameter"].partition("[")[0] == parameter
    assert await all_of(house, ada) == []


async def test_two_hundred_symbols_fit(house: House, ada: Person) -> None:
    symbols = [f"N{n}" for n in range(200, 0, -1)]
    assert (await make(house, ada, "long", *symbols))["symbols"] == symbols


async def test_nobody_sees_or_touches_what_is_another_persons(house: House, ada: Person) -> None:
    made = await make(house, ada, "mine", "AAPL")
    eve = await known(house)
    assert await all_of(house, eve) == []
    for unknown in (made["id"], str(uuid4())):
        place = f"{LISTS}/{unknown}"
        answers = [
            await house.client.get(place, headers=eve.bearer),
            await house.client.patch(place, json={"version": 1, "name": "hers"}, headers=eve.bearer),
            await house.client.delete(place, headers=eve.bearer),
        ]
        told = [{**answer.json(), "request_id": "", "instance": ""} for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert told[0] == told[1] == told[2]
        assert told[0]["detail"] == "There is no such watchlist."
    assert (await all_of(house, ada)) == [made]
    # the same name is free for everybody
    assert (await make(house, eve, "mine"))["version"] == 1


async def test_a_key_needs_the_scope(house: House, ada: Person) -> None:
    for scope, status in (("watchlists", 200), ("alerts", 403), ("read", 403)):
        key = await api_key(house, ada, scope)  # type: ignore[arg-type]
        assert (await house.client.get(LISTS, headers={"X-API-Key": key})).status_code == status
    assert (await house.client.get(LISTS)).status_code == 401


async def test_a_persons_lists_are_handed_out_and_go_with_the_account(house: House, ada: Person) -> None:
    await make(house, ada, "mine", "AAPL", "MSFT")
    told = (await house.client.get(f"{USERS}/me/export", headers=ada.bearer)).json()
    assert [(found["name"], found["symbols"]) for found in told["kept"]["watchlists"]] == [("mine", ["AAPL", "MSFT"])]
    await house.pool.execute("DELETE FROM users WHERE id = $1", ada.id)
    assert await house.pool.fetchval("SELECT count(*) FROM watchlists WHERE user_id = $1", ada.id) == 0
