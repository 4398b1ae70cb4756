"""Routes under /users/token: logging in, staying so, logging out, as OAuth 2.0 clients expect it (RFC 6749, 7009).

Errors are both at once: `error` and `error_description` stand where RFC 6749 wants them, in application/json, beside
the members of a problem. Who asks is not looked at here (api/auth/identify.py), so an expired token in Authorization
keeps nobody from getting a new one.
"""

from typing import Annotated, Any

from litestar import Controller, Request, Response, post
from litestar.datastructures import ResponseHeader
from litestar.enums import MediaType, RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec
from litestar.params import Body
from msgspec import Meta, Struct, json

from api.deps import NamedDependency
from api.openapi import problems
from api.problems import Problem
from api.users.schemas import Tokens
from api.walls.bodies import FORM_BYTES
from lib.accounts.service import Accounts
from lib.accounts.sessions import Granted, log_in, log_out, refresh_session
from lib.domain.users import SCOPES, Origin
from lib.errors import Throttled, WrongCredentials

GrantType = Annotated[str, Meta(max_length=40, examples=["password"])]
Short = Annotated[str, Meta(max_length=1024)]
Secret = Annotated[str, Meta(max_length=2048)]


class TokenForm(Struct, frozen=True):
    """A form of RFC 6749, 4.3 or 6. What is not named here is left aside, as it wants."""

    grant_type: GrantType = ""
    username: Annotated[Short, Meta(description="The e-mail address, for grant_type=password.")] = ""
    password: Short = ""
    refresh_token: Annotated[Secret, Meta(description="For grant_type=refresh_token.")] = ""


class RefreshForm(Struct, frozen=True):
    """A refresh token to be exchanged."""

    refresh_token: Secret = ""
    grant_type: GrantType = "refresh_token"


class RevokeForm(Struct, frozen=True):
    """A token of RFC 7009; which kind is found out."""

    token: Secret = ""


class TokenProblem(Problem, frozen=True, kw_only=True):
    """A problem that is an error of RFC 6749 as well."""

    error: Annotated[str, Meta(examples=["invalid_grant"])]
    error_description: str


class BadGrant(WrongCredentials):
    """A form that asks for what is not done here. `error` is its name in RFC 6749."""

    def __init__(self, error: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.error = error


_NOT_STORED = (ResponseHeader(name="Cache-Control", value="no-store"), ResponseHeader(name="Pragma", value="no-cache"))
_DECLARED = {
    status: ResponseSpec(TokenProblem, generate_examples=False, description=text)
    for status, text in ((400, "`error` says what is wrong, as RFC 6749 has it."), (429, "Too many attempts."))
} | problems(503)

_Token = Annotated[TokenForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
_Refresh = Annotated[RefreshForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
_Revoke = Annotated[RevokeForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


def _of_wrong(request: Request[Any, Any, Any], error: WrongCredentials) -> Response[bytes]:
    name = error.error if isinstance(error, BadGrant) else "invalid_grant"
    return _answer(request, 400, name, str(error), error.hint)


def _of_throttled(request: Request[Any, Any, Any], error: Throttled) -> Response[bytes]:
    later = {"Retry-After": str(error.retry_after_s)}
    return _answer(request, 429, "too_many_attempts", str(error), error.hint, later)


def _of_form(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _answer(request, 400, "invalid_request", "The form cannot be read.", "Send each field once, as a form.")


def _answer(
    request: Request[Any, Any, Any], status: int, error: str, detail: str, hint: str, more: dict[str, str] | None = None
) -> Response[bytes]:
    kind = error.replace("_", "-")
    body = TokenProblem(
        type=f"urn:insitechart:{kind}",
        title=kind.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=str(request.scope["state"].get("request_id", "")),
        hint=hint or None,
        error=error,
        error_description=detail,
    )
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache", **(more or {})}
    return Response(json.encode(body), status_code=status, media_type=MediaType.JSON, headers=headers)


class TokenController(Controller):
    """Tokens for people and for their programs."""

    path = "/users/token"
    tags = ("users",)
    request_max_body_size = FORM_BYTES
    response_headers = _NOT_STORED
    exception_handlers = {WrongCredentials: _of_wrong, Throttled: _of_throttled, 400: _of_form}  # noqa: RUF012

    @post("/", operation_id="getToken", summary="Log in", status_code=200, responses=_DECLARED)
    async def token(self, data: _Token, accounts: NamedDependency[Accounts], origin: NamedDependency[Origin]) -> Tokens:
        """An access token for a quarter of an hour, and a refresh token, for an e-mail address and a password; or, with
        `grant_type=refresh_token`, as /users/token/refresh."""
        match data.grant_type:
            case "password" if data.username and data.password:
                return _tokens(await log_in(accounts, data.username, data.password, origin))
            case "refresh_token" if data.refresh_token:
                return _tokens(await refresh_session(accounts, data.refresh_token, origin))
            case "password" | "refresh_token":
                raise BadGrant("invalid_request", "A field is missing.", hint="Send username and password.")
        raise BadGrant(
            "unsupported_grant_type", "This grant_type is not known here.", hint="password, or refresh_token"
        )

    @post("/refresh", operation_id="refreshToken", summary="Stay logged in", status_code=200, responses=_DECLARED)
    async def refresh(
        self, data: _Refresh, accounts: NamedDependency[Accounts], origin: NamedDependency[Origin]
    ) -> Tokens:
        """A fresh pair for a refresh token, which is used up by it. One that is shown again has been stolen: then the
        login ends, and its owner is told by mail. Only within ten seconds, for an answer that was lost, it gets the
        same refresh token again."""
        if not data.refresh_token or data.grant_type != "refresh_token":
            raise BadGrant("invalid_request", "A field is missing or wrong.", hint="Send refresh_token.")
        return _tokens(await refresh_session(accounts, data.refresh_token, origin))

    @post("/revoke", operation_id="revokeToken", summary="Log out", status_code=200, responses=_DECLARED)
    async def revoke(
        self, data: _Revoke, accounts: NamedDependency[Accounts], origin: NamedDependency[Origin]
    ) -> dict[str, str]:
        """Ends the login of a refresh or an access token. A token that does not hold is answered alike."""
        if not data.token:
            raise BadGrant("invalid_request", "A field is missing.", hint="Send token.")
        await log_out(accounts, data.token, origin)
        return {}


def _tokens(granted: Granted) -> Tokens:
    return Tokens(
        access_token=granted.access_token,
        refresh_token=granted.refresh_token,
        expires_in=granted.expires_in_s,
        scope=" ".join(SCOPES),
    )
