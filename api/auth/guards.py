"""What a route needs of who asks: a role and a scope. It does not know how somebody proved who they are.

A guard runs before anything of the request is read but its head. What it needs stands in its attributes, so that the
OpenAPI document and the tests read it from the routes themselves.
"""

from collections.abc import Iterator
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope as AsgiScope

from lib.domain.users import Principal, Role, Scope, may
from lib.errors import Forbidden, Unauthorized

PRINCIPAL = "principal"

_HOW = "Send an access token in Authorization: Bearer …, or an API key in X-API-Key."


class Needs:
    """A guard that lets through who has at least `role`, and `scope`; with `login` only who logged in, and no API key.
    Raises Unauthorized or Forbidden.
    """

    def __init__(self, role: Role, scope: Scope, *, login: bool = False) -> None:
        self.role, self.scope, self.login = role, scope, login

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        principal = check(connection.scope, self.role, self.scope)
        if self.login and principal.via != "token":
            raise Forbidden("This needs a login: an API key cannot do it.", hint="POST /api/v1/users/token")


def needs(role: Role, scope: Scope, *, login: bool = False) -> Needs:
    """The guard of a route: `guards=[needs("user", "watchlists")]`. `login`: what a thief of a key must not do."""
    return Needs(role, scope, login=login)


def check(scope: AsgiScope, role: Role, wanted: Scope) -> Principal:
    """Who asks, if they may. Raises Unauthorized where nobody has said, Forbidden where their right does not reach."""
    principal = known(scope)
    if may(principal, role, wanted):
        return principal
    if wanted not in principal.scopes:
        raise Forbidden(
            f"This needs the scope {wanted!r}, which this API key does not have.",
            scope=wanted,
            hint="Make a key with this scope: POST /api/v1/users/me/api-keys",
        )
    raise Forbidden(f"This needs the role {role!r}.", hint="An admin gives roles.")


def known(scope: AsgiScope) -> Principal:
    """Who asks. Raises Unauthorized where nobody has said."""
    principal: Principal | None = scope.get("state", {}).get(PRINCIPAL)
    if principal is None:
        raise Unauthorized("This needs to know who asks.", hint=_HOW)
    return principal


def needs_of(handler: BaseRouteHandler) -> Iterator[Needs]:
    """What `handler` needs, from its own guards and those of everything around it."""
    return (guard for guard in handler.resolve_guards() if isinstance(guard, Needs))
