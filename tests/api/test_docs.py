"""The documentation: a page that asks no other host, and a document that is true."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed
from tests.support.accounts import add_person, become, log_in

Client = AsyncTestClient[Litestar]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


async def test_where_no_pages_are_served_the_front_door_leads_to_the_documentation(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url, api_services=["users"]))
    async with AsyncTestClient(app) as client:
        door = await client.get("/", follow_redirects=False)
    assert (door.status_code, door.headers["location"]) == (302, "/docs")


async def test_the_docs_page_loads_nothing_from_elsewhere(reader: Client) -> None:
    page = await reader.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 5
    for address in loaded:
        assert address.startswith("/"), address
        assert (await reader.get(address)).status_code == 200, address
    style = (await reader.get("/docs/assets/swagger-ui.css")).text
    assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", style)


async def _document(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for value in node.values() for reference in _references(value)]
    return [reference for value in node for reference in _references(value)] if isinstance(node, list) else []


async def test_the_document_is_openapi_3_1_and_refers_to_what_it_holds(reader: Client) -> None:
    document = await _document(reader)
    assert document["openapi"].startswith("3.1")
    references = _references(document)
    assert references
    for reference in references:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_every_operation_is_named_described_and_says_how_it_fails(reader: Client) -> None:
    document = await _document(reader)
    names = []
    for path, methods in document["paths"].items():
        for operation in methods.values():
            names.append(operation["operationId"])
            assert operation["summary"], path
            assert operation["description"], path
            assert operation["tags"][0] in ("stocks", "sentiment", "users", "operations", "health")
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), (path, parameter["name"])
                assert {"type": "null"} not in parameter["schema"].get("oneOf", [])
            for status, response in operation["responses"].items():
                response = document["components"]["responses"].get(response.get("$ref", "").split("/")[-1], response)
                if status in ("400", "404", "413") or (status == "503" and "/health" not in path):
                    # OAuth clients want the shape of RFC 6749, which holds a problem's fields beside its own
                    of_tokens = path.startswith("/api/v1/users/token") and status == "400"
                    media = "application/json" if of_tokens else "application/problem+json"
                    assert list(response["content"]) == [media], (path, status)
            if "{symbol}" in path:
                assert {"400", "404", "503"} <= set(operation["responses"]), path
    assert len(set(names)) == len(names) >= 45


async def test_the_page_for_people_lists_every_route_and_no_other(reader: Client) -> None:
    rows = PAGE.read_text("utf-8").split("## Routes")[1].split("\n## ")[0].splitlines()
    told, methods = set(), ""
    for span in (span for row in rows if row.startswith("| `") for span in re.findall("`([^`]+)`", row.split("|")[1])):
        # what has no method of its own is asked as the one before it
        *given, path = span.rsplit(" ", 1)
        methods = given[0] if given else methods
        told |= {(method, f"/api/v1{path}") for method in methods.lower().split(", ")}
    document = await _document(reader)
    assert told == {(method, path) for path, operations in document["paths"].items() for method in operations}


async def test_whole_examples_are_accepted_as_they_are(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "005930.KS", "Samsung", currency="KRW")
    await seed.add_symbol(pool, "NVDA", "NVIDIA")
    await become(client, pool, "admin")
    document = await _document(client)
    tried = 0
    for path, methods in document["paths"].items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        for example in content.get("application/json", {}).get("examples", {}).values():
            answer = await client.post(path, json=example["value"])
            assert answer.is_success, (path, answer.text)
            tried += 1
    assert tried >= 6


@pytest.mark.usefixtures("declared")
async def test_answers_fit_the_schemas_that_document_them(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    await seed.add_bar(pool, "AAPL", now, 5)
    await seed.add_bucket(pool, "AAPL", now, [0.5])
    await seed.add_action(pool, "AAPL", now, "split", "4")
    await seed.add_post(pool, "AAPL", now, external_id="1")
    await seed.add_coverage(pool, "reddit", "posts/a", now)
    await seed.add_coverage(pool, "free", "posts/a", now)
    await seed.add_circuit(pool, "free", "", "It answers 403.")
    await seed.add_spend(pool, "paid", now.date(), "0.5")
    await seed.add_gap(pool, "reddit", "posts/a", now)
    document = await _document(client)
    await add_person(pool, "admin@example.com", "admin")
    admin = (await log_in(client, "admin@example.com")).bearer
    for path, methods in document["paths"].items():
        path = path.replace("{symbol}", "AAPL")
        # metrics are text, a stream has no end, and single things of somebody have tests of their own
        if "get" not in methods or path.endswith(("/metrics", "/stream")) or "{" in path:
            continue
        needed = {"symbol": "AAPL"} if path.endswith("/gaps") and "sentiment" in path else {}
        answer = await client.get(path, params=needed, headers=admin)
        assert answer.status_code == 200, answer.text
        schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(schema | {"components": document["components"]}).validate(answer.json())
