"""Routes under /users/me: the account of who asks, its export and its end. An API key reads, a login changes."""

from typing import Any

from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.enums import MediaType
from litestar.params import JSONBody

from api.auth.guards import needs
from api.deps import NamedDependency
from api.openapi import problems
from api.users.schemas import (
    Accepted,
    AccountChange,
    AccountView,
    Confirmation,
    EmailChange,
    Export,
    PasswordChange,
)
from api.walls.bodies import FORM_BYTES
from lib.accounts.changing import (
    ask_for_email,
    change_password,
    delete_me,
    my_account,
    speak,
)
from lib.accounts.exporting import export_of
from lib.accounts.service import Accounts
from lib.db.users.accounts import Account
from lib.domain.users import SCOPES, Origin, Principal

_READ = needs("user", "account")
_LOGIN = needs("user", "account", login=True)


class AccountController(Controller):
    """The account of who asks."""

    path = "/users/me"
    tags = ("users",)
    request_max_body_size = FORM_BYTES
    response_headers = (ResponseHeader(name="Cache-Control", value="no-store"),)

    @get("/", operation_id="getMe", summary="Your account", guards=[_READ], responses=problems(400, 503))
    async def me(self, accounts: NamedDependency[Accounts], principal: NamedDependency[Principal]) -> AccountView:
        """What is known of you, and what the token or key that asks may do."""
        return _view(await my_account(accounts, principal.user_id), principal)

    @patch("/", operation_id="changeMe", summary="Change your account", guards=[_READ],
           responses=problems(400, 413, 503))  # fmt: skip
    async def change(
        self, data: JSONBody[AccountChange], accounts: NamedDependency[Accounts], principal: NamedDependency[Principal]
    ) -> AccountView:
        """The language of your mails. Address and password have routes of their own, which ask for the password."""
        await speak(accounts, principal.user_id, data.locale)
        return _view(await my_account(accounts, principal.user_id), principal)

    @delete("/", operation_id="deleteMe", summary="Delete your account", guards=[_LOGIN],
            responses=problems(400, 413, 429, 503))  # fmt: skip
    async def remove(
        self,
        data: JSONBody[Confirmation],
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> None:
        """Deletes all that is kept of you. What was done stays in the audit, under an id that is nobody's any more."""
        await delete_me(accounts, principal, data.password, origin)

    @get("/export", operation_id="exportMe", summary="All that is kept of you", guards=[_LOGIN],
         responses=problems(400, 429, 503))  # fmt: skip
    async def export(
        self,
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> Response[Export]:
        """As one JSON document. It holds what keys have scopes of their own for, so it needs a login."""
        found: dict[str, Any] = await export_of(accounts, principal.user_id, origin)
        body = Export(exported_at=found.pop("exported_at"), account=found.pop("account"), kept=found)
        headers = {"Content-Disposition": 'attachment; filename="insitechart-account.json"'}
        return Response(body, media_type=MediaType.JSON, headers=headers)

    @post("/password", operation_id="changePassword", summary="Change your password", guards=[_LOGIN], status_code=204,
          responses=problems(400, 413, 429, 503))  # fmt: skip
    async def password(
        self,
        data: JSONBody[PasswordChange],
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> None:
        """Ends your other logins. This one goes on with its refresh token; its access token is over, too."""
        await change_password(
            accounts, principal, data.password, data.new_password, origin, end_api_keys=data.end_api_keys
        )

    @post("/email", operation_id="changeEmail", summary="Change your e-mail address", guards=[_LOGIN], status_code=202,
          responses=problems(400, 413, 429, 503))  # fmt: skip
    async def email(
        self,
        data: JSONBody[EmailChange],
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> Accepted:
        """Mails a link to the new address, and tells the old one. Until the link is followed nothing changes."""
        await ask_for_email(accounts, principal, data.email, data.password, origin)
        return Accepted("If this address can be used for that, a mail is on its way to it.")


def _view(account: Account, principal: Principal) -> AccountView:
    return AccountView(
        id=account.id,
        email=account.email,
        role=account.role,
        locale=account.locale,
        created_at=account.created_at,
        password_changed_at=account.password_changed_at,
        scopes=[scope for scope in SCOPES if scope in principal.scopes],
    )
