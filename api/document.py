"""The OpenAPI document as clients get it: Litestar's, corrected where it is not true or not valid. It knows no route.

Litestar says that a query parameter may be null, keeps its own `id` in examples, and knows neither 304 nor CSV.
"""

from functools import cache
from typing import Any

import msgspec
from litestar import Litestar

_UNCHANGED = {"description": "The answer is still the one that `If-None-Match` names."}
_STREAM = "text/event-stream"
_CSV = {"schema": {"type": "string", "description": "The columns with a header line."}}


@cache
def openapi_json(app: Litestar) -> bytes:
    """The document of `app` as JSON."""
    document: dict[str, Any] = msgspec.to_builtins(app.openapi_schema.to_schema())
    for path in document["paths"].values():
        for method, operation in path.items():
            _correct(method, operation)
    return msgspec.json.encode(document)


def _correct(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        _correct_parameter(parameter)
    responses = operation["responses"]
    for response in responses.values():
        for content in response.get("content", {}).values():
            for example in content.get("examples", {}).values():
                example.pop("id", None)
    answer = responses["200"].get("content", {})
    if str(answer.get("application/json", {}).get("schema", {}).get("$ref", "")).endswith("Table"):
        answer["text/csv"] = _CSV
    if method == "get" and operation["tags"] != ["health"] and _STREAM not in answer:
        responses["304"] = _UNCHANGED


def _correct_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    kinds = [kind for kind in schema.pop("oneOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema.update(kinds[0])
    # the description stands beside the schema already; and a page that fills in every example asks nonsense
    schema.pop("description", None)
    examples = parameter.pop("examples", {})
    if parameter.get("required") or parameter["name"] == "q":
        parameter["examples"] = {
            name: {key: value for key, value in example.items() if key != "id"} for name, example in examples.items()
        }
