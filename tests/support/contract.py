"""The API's contract in short: what of the OpenAPI document clients rely on, one line each. It knows no route.

A line that is gone may break a client; a new one cannot, but for what a request must bring.
"""

from collections.abc import Iterator
from typing import Any

# what any route may answer is no promise of its own
_BOUNDS = {"minimum", "maximum", "minLength", "maxLength"}
_METHODS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")
_EVERYWHERE = {"401", "403", "408", "413", "414", "429", "431", "503"}


def contract_lines(document: dict[str, Any]) -> list[str]:
    """The lines of `document`, in order."""
    return sorted({*_operations(document), *_schemas(document)})


def broken(before: list[str], now: list[str]) -> list[str]:
    """The lines that went, and those by which something that was there demands more than before."""
    gone = {line for line in set(before) - set(now) if " bounds " not in line}
    narrower = {line for line in now if " bounds " in line and _narrows(line, before)}
    subjects = {line.partition(" ")[0].partition(".")[0] for line in before if not line.startswith(_METHODS)}
    subjects |= {line.partition(" is ")[0] for line in before if " is " in line}
    demands = {line for line in set(now) - set(before) if line.partition(" requires ")[0] in subjects}
    return sorted(gone | demands | narrower)


def _narrows(line: str, before: list[str]) -> bool:
    """Whether a bound of a parameter that was there leaves out what was accepted before."""
    subject, _, value = line.rpartition(" ")
    operation, _, rest = subject.partition(" bounds ")
    name, _, bound = rest.partition(" ")
    known = [other for other in before if other.startswith(f"{operation} takes ") and f" {name}: " in other]
    bounds = [float(other.rpartition(" ")[2]) for other in before if other.rpartition(" ")[0] == subject]
    if not known:
        return False
    return not bounds or (float(value) > bounds[0] if bound.startswith("min") else float(value) < bounds[0])


def _operations(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            yield f"{name} is {operation['operationId']}"
            for parameter in operation.get("parameters", []):
                where = f"{name} takes {parameter['in']} {parameter['name']}: "
                yield where + _kind(parameter["schema"]).partition(" ")[0]
                for bound in _BOUNDS & parameter["schema"].keys():
                    yield f"{name} bounds {parameter['name']} {bound} {parameter['schema'][bound]}"
                if "default" in parameter["schema"]:
                    yield f"{name} takes {parameter['name']} by default as {parameter['schema']['default']}"
                if parameter.get("required") and parameter["in"] != "path":
                    yield f"{name} requires {parameter['name']}"
            for media, sent in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{name} takes {media}: {_kind(sent['schema'])}"
            for status, response in operation["responses"].items():
                if status in _EVERYWHERE and "$ref" in response:
                    continue
                yield f"{name} answers {status}"
                for media, content in response.get("content", {}).items():
                    yield f"{name} answers {status} {media}: {_kind(content.get('schema', {}))}"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    taken = _taken(document)
    for name, schema in document["components"]["schemas"].items():
        for field, kind in schema.get("properties", {}).items():
            yield f"{name}.{field}: {_kind(kind)}"
        for field in schema.get("required", []):
            # of an answer it is a promise, of a request a demand
            yield f"{name} requires {field}" if name in taken else f"{name} has {field}"


def _taken(document: dict[str, Any]) -> set[str]:
    bodies = [operation.get("requestBody", {}) for path in document["paths"].values() for operation in path.values()]
    sent = [content["schema"] for body in bodies for content in body.get("content", {}).values()]
    return {str(schema.get("$ref", "")).rsplit("/", 1)[-1] for schema in sent}


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for union in ("oneOf", "anyOf"):
        if union in schema and "type" not in schema:
            return "|".join(_kind(part) for part in schema[union])
    if "enum" in schema:
        return "/".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    kind = str(schema.get("format") or schema.get("type") or "anything")
    bounds = [f"{key}={schema[key]}" for key in ("minimum", "maximum", "maxLength", "minLength") if key in schema]
    return " ".join([kind, *bounds])
