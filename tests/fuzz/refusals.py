"""A check for schemathesis: what fits its schema is refused with 400 for a reason alone that no schema can tell.

It knows the reasons, by the parameter that the problem names.
"""

from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import CheckContext

_LONG = ("getBars", "getSentimentSeries")
_ALERTS = ("makeAlert", "changeAlert")

_ANYWHERE = {
    "as_of": "in the future, or not final yet",
    "cursor": "of another list",
    "end": "not after the start",
    "scorer": "there is none",
    "name": "taken, empty or of several lines",
    "email": "no address",
    "password": "too short, or well known",
    "new_password": "too short, or well known",
    "symbols": "not listed",
}
_HERE = {
    "limit": ("more rows than JSON holds, though CSV does", _LONG),
    "feed": ("a stream has its feed in its name", ("getAccounts",)),
    "window": ("not together with start and end; none for a price", ("getAccounts", *_ALERTS)),
    "scopes": ("none, or more than the role has", ("makeApiKey", "changeApiKey")),
    "expires_at": ("over, or too far away", ("makeApiKey",)),
    "symbol": ("not listed", _ALERTS),
    "url": ("nowhere that a webhook may go", _ALERTS),
    "threshold": ("never reached", _ALERTS),
    "hysteresis": ("never left", _ALERTS),
    "cooldown_s": ("too short for mails", _ALERTS),
    "min_posts": ("none for a price", _ALERTS),
    "min_confidence": ("none for a price", _ALERTS),
}
# what proves something does not hold, or a form of RFC 6749 lacks what its grant needs
_BY_TYPE = {
    "urn:insitechart:wrong-credentials": ("verify", "resetPassword", "changeEmail", "changePassword", "deleteMe"),
    "urn:insitechart:invalid-grant": ("getToken", "refreshToken"),
    "urn:insitechart:invalid-request": ("getToken", "refreshToken", "revokeToken"),
    "urn:insitechart:unsupported-grant-type": ("getToken",),
}
# control characters, which a schema of text lets through
_OF_PATHS = "urn:insitechart:bad-path"
_NULL = r"\x00"


@schemathesis.check
def refused_for_a_reason(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """400 for what fits names a parameter that only data, another parameter or a rule can refuse."""
    if response.status_code != 400 or case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return None
    problem: dict[str, Any] = response.json()
    parameter, operation = str(problem.get("parameter")), case.operation.definition.raw["operationId"]
    known = (
        problem["type"] == _OF_PATHS
        or parameter in _ANYWHERE
        or _NULL in repr((case.query, case.body))
        or operation in _HERE.get(parameter, ("", ()))[1]
        or operation in _BY_TYPE.get(problem["type"], ())
    )
    if not known:
        raise AssertionError(f"{operation} refuses what fits its schema: {problem}")
    return None
