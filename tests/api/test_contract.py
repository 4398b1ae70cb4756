"""The contract of the API does not break by accident: what clients rely on stays, or the changelog tells that it went.

contract.txt holds the lines of the newest release; what is new since then may be changed freely. Each release renews
it: INSITECHART_RENEW_CONTRACT=1 in the environment of this test.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.document import openapi_document
from lib.settings import Settings
from tests.support.contract import broken, contract_lines

RELEASED = Path(__file__).parent / "contract.txt"
CHANGELOG = Path(__file__).resolve().parents[2] / "docs" / "api-changelog.md"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What the API promises now."""
    found = contract_lines(openapi_document(create_app(Settings(database_url="postgresql://nobody@nowhere/none"))))
    if os.environ.get("INSITECHART_RENEW_CONTRACT"):
        RELEASED.write_text("\n".join(found) + "\n", encoding="utf-8")
    return found


def test_what_breaks_clients_is_in_the_changelog(lines: list[str]) -> None:
    """Each such line stands there between back-quotes."""
    told = set(re.findall(r"`([^`]+)`", CHANGELOG.read_text(encoding="utf-8")))
    untold = [line for line in broken(RELEASED.read_text(encoding="utf-8").splitlines(), lines) if line not in told]
    assert not untold, "\n".join(
        ["These changes break clients, and docs/api-changelog.md does not tell them:", *untold]
    )


def _document() -> dict[str, Any]:
    operation = {
        "operationId": "getThing",
        "parameters": [
            {"in": "query", "name": "q", "schema": {"type": "string"}},
            {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 10}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}},
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}},
    }
    schemas = {
        "Ask": {"properties": {"text": {"type": "string"}}, "required": ["text"]},
        "Thing": {"properties": {"name": {"type": "string"}, "size": {"type": "integer"}}, "required": ["name"]},
    }
    return {"paths": {"/thing": {"post": operation}}, "components": {"schemas": schemas}}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("operation['parameters'].clear()", "POST /thing takes query q: string"),
        ("operation['parameters'][0]['required'] = True", "POST /thing requires q"),
        ("operation['parameters'][0]['schema']['maxLength'] = 5", "POST /thing bounds q maxLength 5"),
        ("operation['parameters'][1]['schema']['maximum'] = 9", "POST /thing bounds limit maximum 9"),
        ("operation['parameters'][1]['schema']['minimum'] = 2", "POST /thing bounds limit minimum 2"),
        ("schemas['Thing']['properties'].pop('size')", "Thing.size: integer"),
        ("schemas['Thing']['properties']['name'] = {'type': 'integer'}", "Thing.name: string"),
        ("schemas['Thing']['required'].clear()", "Thing has name"),
        ("schemas['Ask']['required'].append('lang')", "Ask requires lang"),
        ("document['paths'].clear()", "POST /thing is getThing"),
    ],
)
def test_what_breaks_clients_is_seen(change: str, line: str) -> None:
    document = _document()
    before = contract_lines(document)
    names = {"document": document, "operation": document["paths"]["/thing"]["post"]}
    exec(change, names | {"schemas": document["components"]["schemas"]})
    assert line in broken(before, contract_lines(document))


@pytest.mark.parametrize(
    "change",
    [
        "operation['parameters'].append({'in': 'query', 'name': 'more', 'schema': {'type': 'string'}})",
        "schemas['Thing']['properties']['colour'] = {'type': 'string'}",
        "schemas['Thing']['required'].append('size')",
        "operation['responses']['409'] = {}",
        "operation['parameters'][1]['schema']['maximum'] = 100",
        "schemas['Ask']['properties']['lang'] = {'type': 'string'}",
        "document['paths']['/other'] = {'get': {'operationId': 'getOther', 'responses': {'200': {}}}}",
    ],
)
def test_what_only_adds_is_no_break(change: str) -> None:
    document = _document()
    before = contract_lines(document)
    names = {"document": document, "operation": document["paths"]["/thing"]["post"]}
    exec(change, names | {"schemas": document["components"]["schemas"]})
    assert broken(before, contract_lines(document)) == []
