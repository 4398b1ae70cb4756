"""Routes under /operations about people: who there is, what they may do, and who did what. For admins alone."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, patch
from litestar.datastructures import ResponseHeader
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from api.auth.guards import needs
from api.cursors import read_cursor, write_cursor
from api.deps import NamedDependency
from api.openapi import not_there, problems
from api.parameters import Cursor
from api.walls.bodies import FORM_BYTES
from lib.accounts.governing import govern
from lib.accounts.registering import email_field
from lib.accounts.service import Accounts
from lib.db.pool import Pool
from lib.db.users.accounts import Account, accounts
from lib.db.users.audit import entries
from lib.domain.users import Actor, Origin, Role

Limit = Annotated[int, QueryParameter(description="At most this many.", ge=1, le=1000)]

UserId = Annotated[UUID, PathParameter(description="The account, as the list of them has it.")]

_READ = needs("admin", "operations")
_LOGIN = needs("admin", "operations", login=True)


_NO_ACCOUNT = not_there("account", "/api/v1/operations/users/00000000-0000-0000-0000-000000000001")


class UserItem(Struct, frozen=True, kw_only=True):
    """An account, as an admin sees it."""

    id: UUID
    email: str
    role: Role
    created_at: datetime
    disabled_at: Annotated[datetime | None, Meta(description="Null: it is in force.")]


class UserPage(Struct, frozen=True):
    """Accounts, the newest first; `next` is the `cursor` of the following page."""

    items: list[UserItem]
    next: str | None


class UserChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be other; null leaves it."""

    role: Role | None = None
    disabled: bool | None = None


class AuditItem(Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    id: int
    at: datetime
    action: Annotated[str, Meta(examples=["role.changed"])]
    actor: Annotated[Actor, Meta(description="How who did it was known.")]
    actor_id: Annotated[UUID | None, Meta(description="Whose account; those that are gone keep their id.")]
    target_id: Annotated[UUID | None, Meta(description="To whose account it was done.")]
    address: Annotated[str | None, Meta(description="From where; forgotten after 90 days, and with the person.")]
    request_id: str
    details: dict[str, Any]


class AuditPage(Struct, frozen=True):
    """What was done, the last first; `next` is the `cursor` of the following page."""

    items: list[AuditItem]
    next: str | None


class GoverningController(Controller):
    """People, and what was done."""

    path = "/operations"
    tags = ("operations",)
    request_max_body_size = FORM_BYTES
    response_headers = (ResponseHeader(name="Cache-Control", value="no-store"),)

    @get("/users", operation_id="getUsers", summary="Who there is", guards=[_READ], responses=problems(400, 503))
    async def users(
        self,
        pool: NamedDependency[Pool],
        email: Annotated[
            str | None, QueryParameter(description="Only the account of this address.", max_length=320)
        ] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> UserPage:
        """Accounts, the newest first."""
        before = read_cursor(cursor, tuple[datetime, UUID]) if cursor else None
        found = await accounts(pool, limit=limit + 1, before=before, email=email_field(email) if email else None)
        last = found[limit - 1] if len(found) > limit else None
        return UserPage(
            [_item(account) for account in found[:limit]], write_cursor((last.created_at, last.id)) if last else None
        )

    @patch("/users/{user_id:uuid}", operation_id="changeUser", summary="Give a role, disable, enable", guards=[_LOGIN],
           responses=problems(400, 409, 413, 503) | _NO_ACCOUNT)  # fmt: skip
    async def change(
        self,
        user_id: UserId,
        data: JSONBody[UserChange],
        accounts: NamedDependency[Accounts],
        origin: NamedDependency[Origin],
    ) -> UserItem:
        """Every access token of the account is over; disabling ends its logins, too. Nobody changes themselves."""
        return _item(await govern(accounts, user_id, origin, role=data.role, disabled=data.disabled))

    @get("/audit", operation_id="getAudit", summary="Who did what", guards=[_READ], responses=problems(400, 503))
    async def audit(
        self,
        pool: NamedDependency[Pool],
        user: Annotated[
            UUID | None, QueryParameter(description="Only what this account did, or had done to it.")
        ] = None,
        action: Annotated[
            str | None, QueryParameter(description="Only this.", max_length=60, pattern=r"^[a-z_.]+$")
        ] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> AuditPage:
        """Appended only: nothing in it is ever changed, but that addresses are forgotten."""
        before = read_cursor(cursor, int) if cursor else None
        found = await entries(pool, limit=limit + 1, before=before, user_id=user, action=action)
        last = found[limit - 1] if len(found) > limit else None
        return AuditPage(
            [AuditItem(**entry._asdict()) for entry in found[:limit]], write_cursor(last.id) if last else None
        )


def _item(account: Account) -> UserItem:
    return UserItem(
        id=account.id,
        email=account.email,
        role=account.role,
        created_at=account.created_at,
        disabled_at=account.disabled_at,
    )
