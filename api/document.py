"""The OpenAPI document as clients get it: Litestar's, corrected where it is not true or not valid. It knows no route.

Litestar says that a query parameter may be null, keeps its own `id` in examples, and knows neither 304 nor CSV, nor
what the walls refuse.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from api.auth.documented import tell_security
from api.body_examples import add_body_examples
from api.links import add_links
from api.shared_responses import add_shared, shared_responses

_UNCHANGED = {"description": "The answer is still the one that `If-None-Match` names."}
_STREAM = "text/event-stream"
_CSV = {"schema": {"type": "string", "description": "The columns with a header line."}}
_HEALTH = ["health"]

# answers to these depend on the address, see api/walls/outer.py
_BY_ADDRESS = re.compile(r"/api/v1/(operations|metrics)(/|$)")


@cache
def openapi_json(app: Litestar) -> bytes:
    """The document of `app` as JSON."""
    return msgspec.json.encode(openapi_document(app))


def openapi_document(app: Litestar) -> dict[str, Any]:
    """The document of `app`."""
    document: dict[str, Any] = msgspec.to_builtins(app.openapi_schema.to_schema())
    tell_security(app, document)
    for name, path in document["paths"].items():
        for method, operation in path.items():
            _correct(method, operation)
            _share(name, operation)
    add_links(document)
    add_body_examples(document)
    components = document["components"]
    components["schemas"] |= _requests(_handlers(app))
    _correct_schema(components["schemas"])
    components["responses"] = shared_responses()
    return {"openapi": document.pop("openapi"), **document}


def _handlers(app: Litestar) -> list[HTTPRouteHandler]:
    """All that the document describes."""
    found = [handler for route in app.routes if isinstance(route, HTTPRoute) for handler in route.route_handlers]
    return [handler for handler in found if handler.operation_id is not None]


def _correct(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        _correct_parameter(parameter)
    if not operation.get("deprecated"):
        operation.pop("deprecated", None)
    responses = operation["responses"]
    for response in responses.values():
        if not response.get("headers"):
            response.pop("headers", None)
        for content in response.get("content", {}).values():
            for example in content.get("examples", {}).values():
                example.pop("id", None)
    answer = responses.get("200", {}).get("content", {})
    if str(answer.get("application/json", {}).get("schema", {}).get("$ref", "")).endswith("Table"):
        answer["text/csv"] = _CSV
    if method == "get" and operation["tags"] != _HEALTH and _STREAM not in answer and not _is_never_stored(operation):
        responses["304"] = _UNCHANGED


def _is_never_stored(operation: dict[str, Any]) -> bool:
    return "Cache-Control" in operation["responses"].get("200", {}).get("headers", {})


def _share(path: str, operation: dict[str, Any]) -> None:
    by_address = _BY_ADDRESS.match(path) is not None
    if operation["tags"] != _HEALTH:
        guarded = by_address or "security" in operation
        add_shared(operation["responses"], body="requestBody" in operation, guarded=guarded)
    elif by_address:
        operation["responses"].setdefault("403", {"$ref": "#/components/responses/Forbidden"})


def _requests(handlers: Iterable[HTTPRouteHandler]) -> dict[str, Any]:
    """The schemas of what is sent, as msgspec checks it: Litestar loses limits of what may be null, and that unknown
    fields are refused.
    """
    taken = [handler.parsed_data_field.annotation for handler in handlers if handler.parsed_data_field is not None]
    structs = [kind for kind in taken if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    _, components = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    return components


def _correct_schema(node: Any) -> None:
    """Says what may be null in one way, and limits of whole numbers in whole numbers, in all of `node`."""
    if isinstance(node, list):
        for part in node:
            _correct_schema(part)
        return
    if not isinstance(node, dict):
        return
    if isinstance(node.get("type"), list) and "null" in node["type"] and "enum" in node:
        [kind] = [kind for kind in node.pop("type") if kind != "null"]
        values = [value for value in node.pop("enum") if value is not None]
        node["oneOf"] = [{"type": kind, "enum": values}, {"type": "null"}]
    for limit in ("minimum", "maximum"):
        if isinstance(node.get(limit), float) and node[limit].is_integer():
            node[limit] = int(node[limit])
    for part in node.values():
        _correct_schema(part)


def _correct_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    _correct_schema(schema)
    # a parameter of a path or a query is there or missing, but never null
    kinds = [kind for kind in schema.pop("oneOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema.update(kinds[0])
    for needless in ("deprecated", "allowEmptyValue", "allowReserved"):
        if not parameter.get(needless):
            parameter.pop(needless, None)
    # the description stands beside the schema already; and a page that fills in every example asks nonsense
    schema.pop("description", None)
    examples = parameter.pop("examples", {})
    if parameter.get("required") or parameter["name"] == "q":
        parameter["examples"] = {
            name: {key: value for key, value in example.items() if key != "id"} for name, example in examples.items()
        }
