"""Errors as RFC 9457 problems: one shape for everything that is not an answer. It does not know any route.

`type` is a stable name that programs can tell apart; `detail` is a sentence for a person, `hint` what to do about it.
Nothing of the inside is told: an unexpected error is logged in full and answered with its request id alone.
"""

import re
from http import HTTPStatus
from typing import Annotated, Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Meta, Struct, json

from api.declared import accepted_values, public_name
from lib.errors import (
    BadField,
    Conflict,
    DatabaseError,
    Forbidden,
    InsiteChartError,
    NotSettled,
    NotThere,
    Overloaded,
    Throttled,
    TooSlow,
    Unauthorized,
    UnknownScorer,
    UnknownSymbol,
    UnstorableText,
    WrongCredentials,
)
from lib.logs import get_logger

log = get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 2

# what is on its way is not to be read
_CLOSE = {"Connection": "close"}

_QUOTED = re.compile(r"`([^`]+)`")


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem as RFC 9457 has it, with `request_id`, and `parameter` where one is at fault."""

    type: Annotated[
        str, Meta(description="A stable name of the kind of problem.", examples=["urn:insitechart:bad-parameter"])
    ]
    title: Annotated[str, Meta(description="The kind of problem in words.", examples=["Bad parameter"])]
    status: Annotated[int, Meta(description="The HTTP status.", examples=[400])]
    detail: Annotated[str, Meta(description="What is wrong, in one sentence.")]
    instance: Annotated[str, Meta(description="The path that was asked for.", examples=["/api/v1/stocks/AAPL/bars"])]
    request_id: Annotated[str, Meta(description="The id under which the server logged this request.")]
    parameter: Annotated[str | None, Meta(description="The parameter at fault.", examples=["interval"])] = None
    hint: Annotated[str | None, Meta(description="What to do about it.", examples=["Accepted: one of 1d, 1h, 1m."])] = (
        None
    )


class BadParameter(InsiteChartError):
    """A parameter that cannot be used. `parameter` names it, `hint` says what would be accepted."""

    def __init__(self, parameter: str, message: str, *, accepted: str) -> None:
        super().__init__(message, hint=f"Accepted: {accepted}.")
        self.parameter = parameter


class BodyTooLarge(InsiteChartError):
    """A body that is larger than any path accepts."""


class BodyTooSlow(InsiteChartError):
    """A body that did not arrive in time."""


def problem_of(
    status: int,
    detail: str,
    *,
    kind: str,
    path: str,
    request_id: str,
    parameter: str | None = None,
    hint: str | None = None,
) -> Problem:
    """What went wrong with a request for `path`. `kind` is the last part of its type, and in words its title."""
    return Problem(
        type=f"urn:insitechart:{kind}",
        title=kind.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        instance=path,
        request_id=request_id,
        parameter=parameter,
        hint=hint,
    )


def problem(
    request: Request[Any, Any, Any],
    status: int,
    detail: str,
    *,
    kind: str | None = None,
    parameter: str | None = None,
    hint: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """The answer to `request` that says what went wrong. `kind` is the last part of its type; default: the status'
    name.
    """
    body = problem_of(
        status,
        detail,
        kind=kind or HTTPStatus(status).phrase.lower().replace(" ", "-"),
        path=request.url.path,
        request_id=str(request.scope["state"].get("request_id", "")),
        parameter=parameter,
        hint=hint or None,
    )
    return Response(
        json.encode(body),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def of_refusal(request: Request[Any, Any, Any], error: Unauthorized | Forbidden) -> Response[bytes]:
    """401 or 403 with the challenge of RFC 6750. Neither tells which part of a proof was wrong."""
    if isinstance(error, Unauthorized):
        challenge = 'Bearer realm="insitechart"' + (', error="invalid_token"' if error.refused else "")
        kind = "invalid-credentials" if error.refused else "unauthorized"
        headers = {"WWW-Authenticate": challenge}
        return problem(request, 401, str(error), kind=kind, hint=error.hint, headers=headers)
    challenge = f'Bearer realm="insitechart", error="insufficient_scope", scope="{error.scope}"'
    headers = {"WWW-Authenticate": challenge} if error.scope else {}
    return problem(request, 403, str(error), kind="forbidden", hint=error.hint, headers=headers)


def of_database(request: Request[Any, Any, Any], error: DatabaseError) -> Response[bytes]:
    """503 with Retry-After."""
    log.warning("database away", error=str(error), cause=repr(error.__cause__))
    later = {"Retry-After": str(RETRY_AFTER_S)}
    return problem(request, 503, str(error), kind="database-unavailable", hint=error.hint, headers=later)


def _of_ours(request: Request[Any, Any, Any], error: InsiteChartError) -> Response[bytes]:
    match error:
        case UnknownSymbol():
            return problem(request, 404, str(error), kind="unknown-symbol", parameter="symbol", hint=error.hint)
        case BadParameter():
            return problem(request, 400, str(error), kind="bad-parameter", parameter=error.parameter, hint=error.hint)
        case UnknownScorer():
            return problem(request, 400, str(error), kind="bad-parameter", parameter="scorer", hint=error.hint)
        case NotSettled():
            return problem(request, 400, str(error), kind="not-settled", parameter="as_of", hint=error.hint)
        case UnstorableText():
            return problem(request, 400, str(error), kind="bad-parameter", hint=error.hint)
        case BodyTooLarge():
            return problem(request, 413, str(error), kind="request-entity-too-large", hint=error.hint, headers=_CLOSE)
        case BodyTooSlow():
            return problem(request, 408, str(error), kind="request-timeout", hint=error.hint, headers=_CLOSE)
        case Unauthorized() | Forbidden():
            return of_refusal(request, error)
        case BadField():
            return problem(request, 400, str(error), kind="bad-parameter", parameter=error.field, hint=error.hint)
        case WrongCredentials():
            return problem(request, 400, str(error), kind="wrong-credentials", hint=error.hint)
        case NotThere():
            return problem(request, 404, str(error), kind="not-found", hint=error.hint)
        case Conflict():
            return problem(request, 409, str(error), kind="conflict", hint=error.hint)
        case Throttled():
            later = {"Retry-After": str(error.retry_after_s)}
            return problem(request, 429, str(error), kind="too-many-attempts", hint=error.hint, headers=later)
        case Overloaded():
            later = {"Retry-After": str(error.retry_after_s)}
            return problem(request, 503, str(error), kind="overloaded", hint=error.hint, headers=later)
        case TooSlow():
            log.warning("statement stopped", path=request.url.path, query=_shown_query(request))
            return problem(request, 503, str(error), kind="too-slow", hint=error.hint)
        case DatabaseError():
            return of_database(request, error)
    return _unexpected(request, error)


def _shown_query(request: Request[Any, Any, Any]) -> str:
    """What was asked, but where it may name a person."""
    return "" if "email" in request.query_params else request.url.query[:200]


def _of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        return _of_validation(request, error.extra)
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(request, error)
    headers = error.headers
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            detail, hint = "There is nothing at this path.", "The documentation is at /docs."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (headers or {}).get("allow", "another method")
            detail, hint = f"This path does not answer to {request.method}.", f"Allowed: {allowed}."
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            detail, hint = "The body is larger than this path accepts.", "Send less at once."
        case _:
            detail, hint = f"{error.detail.rstrip('.')}.", ""
    return problem(request, error.status_code, detail, hint=hint, headers=headers)


def _of_validation(request: Request[Any, Any, Any], issues: list[Any]) -> Response[bytes]:
    """Litestar names a whole body `data`; which field of it is wrong stands between back-quotes in its message."""
    first = issues[0]
    parameter, message = public_name(request, str(first.get("key", ""))), str(first.get("message", ""))
    if parameter == "data":
        found = _QUOTED.findall(message)
        parameter = found[-1] if found else "body"
        if not found:
            message = "The body is missing"
    accepted = accepted_values(request, parameter)
    return problem(
        request,
        400,
        f"The parameter {parameter!r} cannot be used: {message[:1].lower()}{message[1:].replace('`', '')}.",
        kind="bad-parameter",
        parameter=parameter,
        hint=f"Accepted: {accepted}." if accepted else None,
    )


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.error("unexpected error", path=request.url.path, exc_info=error)
    return problem(
        request, 500, "Something went wrong inside.", kind="internal-error", hint="Report it with the request_id."
    )


def _of_nesting(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Nothing here recurses but the reading of a body."""
    return problem(request, 400, "The body is nested too deeply.", kind="bad-parameter", parameter="body")


def answer_to(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to `request`, which ended with `error`."""
    match error:
        case HTTPException():
            return _of_http(request, error)
        case InsiteChartError():
            return _of_ours(request, error)
        case RecursionError():
            return _of_nesting(request)
    return _unexpected(request, error)


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    HTTPException: answer_to,
    InsiteChartError: answer_to,
    RecursionError: answer_to,
    Exception: answer_to,
}

__all__ = [
    "EXCEPTION_HANDLERS",
    "PROBLEM_JSON",
    "BadParameter",
    "BodyTooLarge",
    "BodyTooSlow",
    "MediaType",
    "Problem",
    "answer_to",
    "of_database",
    "of_refusal",
    "problem",
    "problem_of",
]
