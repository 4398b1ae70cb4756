"""What any route may answer though none of them says so: the walls' refusals, as components of the OpenAPI document. It
knows no route.
"""

from typing import Any

from api.problems import PROBLEM_JSON

_RETRY_AFTER = {"description": "Seconds until the next try can succeed.", "schema": {"type": "integer"}}
_RATE_LIMIT = {"description": "What is left: name, permissions, seconds.", "schema": {"type": "string"}}
_CHALLENGE = {"description": "How to prove who asks (RFC 6750).", "schema": {"type": "string"}}

# name → status, description, headers
_SHARED: dict[str, tuple[int, str, dict[str, Any]]] = {
    "BadRequest": (400, "The request cannot be used; `hint` says what is accepted.", {}),
    "Unauthorized": (401, "Nobody has proved who asks, or the proof is not valid.", {"WWW-Authenticate": _CHALLENGE}),
    "Forbidden": (403, "Whoever asks, or their address, has no right to this.", {}),
    "RequestTimeout": (408, "The body did not arrive in time.", {}),
    "TooLarge": (413, "The body is larger than this path accepts.", {}),
    "TargetTooLong": (414, "Path and query are longer than 8 KiB.", {}),
    "TooManyRequests": (
        429,
        "The budget of the address, user or key is used up.",
        {"Retry-After": _RETRY_AFTER, "RateLimit": _RATE_LIMIT},
    ),
    "HeadersTooLarge": (431, "The headers are too many, or larger than 16 KiB.", {}),
    "Unavailable": (503, "It could not be answered now, or not in time.", {"Retry-After": _RETRY_AFTER}),
}


def shared_responses() -> dict[str, Any]:
    """The components, by name. Each holds a Problem."""
    return {
        name: {
            "description": description,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": headers} if headers else {}),
        }
        for name, (_, description, headers) in _SHARED.items()
    }


def add_shared(responses: dict[str, Any], *, body: bool, guarded: bool) -> None:
    """Adds to the responses of a route what it does not declare by itself. `body`: it takes one; `guarded`: it does not
    answer to everybody.
    """
    for name, (status, _, _) in _SHARED.items():
        if (status in (408, 413) and not body) or (status == 403 and not guarded):
            continue
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
