"""Follows one link of the OpenAPI document after the other, each from a fresh answer. It knows no route but whose
examples and links the document has.
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import httpx
from jsonschema import Draft202012Validator

# where a path has no link that leads to it in one step
_KNOWN = {"symbol": "AAPL"}
# whoever follows it is nobody afterwards
_LAST = "endSession"


class Link(NamedTuple):
    """From an operation's answer to another operation."""

    source: str
    name: str
    target: str
    parameters: dict[str, str]


class Follower:
    """Asks the API of `client` as its `document` says."""

    def __init__(self, client: httpx.Client, document: dict[str, Any]) -> None:
        self._client = client
        self._document = document
        self._numbers = count(1)
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    def links(self) -> Iterator[Link]:
        """All of them, in an order in which they can be followed."""
        found = [
            Link(name, link_name, link["operationId"], link["parameters"])
            for name, (*_, operation) in self._operations.items()
            for response in operation["responses"].values()
            for link_name, link in response.get("links", {}).items()
        ]
        return iter(sorted(found, key=lambda link: link.target == _LAST))

    def follow(self, link: Link) -> httpx.Response:
        """The answer that `link` leads to, which fits what is declared of it. Raises AssertionError where it does not,
        or where nothing leads there.
        """
        given = self._own_parameters(link.source)
        # so little at once that something follows
        if "cursor" in link.parameters or "end" in link.parameters:
            given["limit"] = "1"
        came = self._ask(link.source, given)
        values = {name: _evaluated(expression, came.json(), given) for name, expression in link.parameters.items()}
        return self._ask(link.target, {**self._own_parameters(link.target, values), **values})

    def _own_parameters(self, name: str, known: dict[str, str] | None = None) -> dict[str, str]:
        """Values for the path of an operation, taken where the document says that they are found."""
        needed = re.findall(r"\{(\w+)\}", self._operations[name][1])
        found = {parameter: _KNOWN[parameter] for parameter in needed if parameter in _KNOWN}
        for parameter in set(needed) - found.keys() - (known or {}).keys():
            lists = next(link for link in self.links() if link.target == name and parameter in link.parameters
                         and not re.search(r"\{\w+\}", self._operations[link.source][1]))  # fmt: skip
            found[parameter] = _evaluated(lists.parameters[parameter], self._ask(lists.source, {}).json(), {})
        return found

    def _ask(self, name: str, given: dict[str, str]) -> httpx.Response:
        method, path, operation = self._operations[name]
        in_path = set(re.findall(r"\{(\w+)\}", path))
        query = {name: value for name, value in given.items() if name not in in_path}
        body = self._body(operation, path.format(**given) if in_path else path)
        answer = self._client.request(method, path.format(**given), params=query, json=body)
        assert answer.is_success, (name, given, body, answer.text)
        declared = operation["responses"][str(answer.status_code)].get("content", {}).get("application/json")
        if declared:
            whole = declared["schema"] | {"components": self._document["components"]}
            Draft202012Validator(whole).validate(answer.json())
        return answer

    def _body(self, operation: dict[str, Any], path: str) -> Any:
        """The document's own example, with a name that is not taken and the version that is to be changed."""
        if "requestBody" not in operation:
            return None
        [content] = operation["requestBody"]["content"].values()
        body = {**next(iter(content["examples"].values()))["value"]}
        if "name" in body:
            body["name"] += f" {next(self._numbers)}"
        if "version" in body:
            body["version"] = self._client.get(path).json()["version"]
        return body


def _evaluated(expression: str, body: Any, given: dict[str, str]) -> str:
    if expression.startswith("$request.path."):
        return given[expression.removeprefix("$request.path.")]
    for part in expression.removeprefix("$response.body#/").split("/"):
        body = body[int(part)] if isinstance(body, list) else body[part]
    assert isinstance(body, str), (expression, body)
    return body
