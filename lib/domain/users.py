"""Who uses InsiteChart, and what they may do. It does not know passwords, tokens or where accounts are kept."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

Role = Literal["user", "operator", "admin"]
Scope = Literal["read", "watchlists", "alerts", "account", "operations"]
Via = Literal["token", "api-key"]

ROLES: tuple[Role, ...] = ("user", "operator", "admin")
SCOPES: tuple[Scope, ...] = ("read", "watchlists", "alerts", "account", "operations")


Actor = Literal["user", "api-key", "terminal", "nobody"]
Locale = Literal["en", "ko"]


class Principal(Struct, frozen=True):
    """Who asks. A token carries every scope, an API key those it was made with; neither exceeds the role.

    `key_id` is the API key's, `session_id` the token's login.
    """

    user_id: UUID
    role: Role
    scopes: frozenset[Scope]
    via: Via
    key_id: UUID | None = None
    session_id: UUID | None = None


class Origin(Struct, frozen=True):
    """Where something that is audited came from. `actor_id` is the account behind it, if any."""

    actor: Actor = "nobody"
    actor_id: UUID | None = None
    address: str | None = None
    request_id: str = ""
    user_agent: str = ""


def may(principal: Principal, role: Role, scope: Scope) -> bool:
    """Whether `principal` has at least `role`, and `scope`.

    >>> may(Principal(UUID(int=1), "operator", frozenset({"operations"}), "api-key"), "user", "operations")
    True
    >>> may(Principal(UUID(int=1), "user", frozenset(SCOPES), "token"), "operator", "operations")
    False
    """
    return ROLES.index(principal.role) >= ROLES.index(role) and scope in principal.scopes
