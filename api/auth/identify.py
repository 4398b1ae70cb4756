"""Finds out who asks, before routing: an ASGI wrapper around the application. It does not know what anybody may do,
nor how a proof is checked.

Two places are looked at: `Authorization: Bearer` (an access token or an API key) and `X-API-Key`. Other schemes of
Authorization are left to whoever stands in front; they prove nothing here.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from api.at_once import Reply, at_once_of
from api.auth.guards import PRINCIPAL
from api.auth.refusing import answer_refusal
from api.walls.guesses import carries_credentials
from lib.domain.users import Principal
from lib.errors import DatabaseError, Unauthorized
from lib.logs import get_logger

log = get_logger(__name__)

LONGEST_PROOF = 2048

Authenticate = Callable[[str], Awaitable[Principal]]
"""From an access token or an API key to who it stands for. Raises Unauthorized; DatabaseError where it cannot ask."""

_PREFIX = "/api/v1"

UNPROVEN = frozenset(
    f"{prefix}/{path}"
    for prefix, paths in (
        # one who gets a token may still send the old one, and has proved nothing yet
        (_PREFIX, ("users", "users/token", "users/token/refresh", "users/token/revoke", "users/verify",
                   "users/verify/resend", "users/password/reset", "users/password/reset/confirm")),
        (_PREFIX, ("health", "health/live", "health/ready", "metrics")),
        ("", ("health", "health/live", "health/ready", "metrics")),
    )
    for path in paths
)  # fmt: skip

_BEARER = b"bearer "
_REFUSED = "The credentials are not valid, or not any more."
_AGAIN = "Get a new access token: POST /api/v1/users/token"


class Identify:
    """Puts Principal | None into scope["state"]["principal"]; wrong credentials are answered with 401 on any path but
    those in `unproven`, where tokens are got or probes look: there, too, nobody is known.
    """

    def __init__(self, app: ASGIApp, authenticate: Authenticate, *, unproven: frozenset[str] = frozenset()) -> None:
        self._app = app
        self.inner_at_once = at_once_of(app)
        self._authenticate = authenticate
        self._unproven = unproven

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state[PRINCIPAL] = None
        if scope["path"].rstrip("/") not in self._unproven:
            try:
                proof = proof_in(scope["headers"])
                if proof is not None:
                    state[PRINCIPAL] = await self._known(proof)
            except (Unauthorized, DatabaseError) as error:
                await answer_refusal(error, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def at_once(self, scope: HTTPScope) -> Reply | None:
        """What is sent at once, to nobody in particular: to find out who asks takes a wait."""
        return None if carries_credentials(scope["headers"]) else self.inner_at_once(scope)

    async def _known(self, proof: str) -> Principal:
        try:
            return await self._authenticate(proof)
        except Unauthorized as error:
            log.info("credentials refused", reason=str(error), cause=str(error.__cause__ or ""))
            raise refused() from error


def proof_in(headers: Any) -> str | None:
    """The one token or key among raw `headers`, or None. Raises Unauthorized for two, and for what cannot be one."""
    if not carries_credentials(headers):
        return None
    given = [value.strip() for name, value in headers if name == b"x-api-key"]
    given += [
        value[len(_BEARER) :].strip()
        for name, value in headers
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER
    ]
    if not given:
        return None
    if len(given) > 1:
        raise Unauthorized("There are two credentials in this request.", refused=True, hint="Send one of them.")
    [proof] = given
    if not 0 < len(proof) <= LONGEST_PROOF or not proof.isascii():
        raise refused()
    return str(proof.decode("ascii"))


def refused() -> Unauthorized:
    """The one answer to every proof that does not hold: it never says why."""
    return Unauthorized(_REFUSED, refused=True, hint=_AGAIN)
