"""Routes that somebody without a login uses: registering, following mailed links, a forgotten password.

What they answer says nothing about who has an account.
"""

from litestar import Controller, post
from litestar.datastructures import ResponseHeader
from litestar.params import JSONBody

from api.deps import NamedDependency
from api.openapi import problems
from api.users.schemas import Accepted, MailWanted, PasswordReset, Registration, Verification, Verified
from api.walls.bodies import FORM_BYTES
from lib.accounts.changing import ask_for_reset, reset_password
from lib.accounts.registering import register, resend, verify
from lib.accounts.service import Accounts
from lib.domain.users import Origin

_TOLD = Accepted("If this address can be used for that, a mail is on its way to it.")


class RegistrationController(Controller):
    """Becoming known."""

    path = "/users"
    tags = ("users",)
    request_max_body_size = FORM_BYTES
    response_headers = (ResponseHeader(name="Cache-Control", value="no-store"),)

    @post("/", operation_id="register", summary="Register", status_code=202, responses=problems(400, 403, 413, 503))
    async def register(
        self, data: JSONBody[Registration], accounts: NamedDependency[Accounts], origin: NamedDependency[Origin]
    ) -> Accepted:
        """Mails a link that makes the account, good for a day. Who has an account already is told so by mail."""
        await register(accounts, data.email, data.password, data.locale, origin)
        return _TOLD

    @post("/verify", operation_id="verify", summary="Follow a mailed link", status_code=200,
          responses=problems(400, 409, 413, 429, 503))  # fmt: skip
    async def verify(
        self, data: JSONBody[Verification], accounts: NamedDependency[Accounts], origin: NamedDependency[Origin]
    ) -> Verified:
        """Makes the account that was registered, or gives an account its new address. The link is good once."""
        return Verified(await verify(accounts, data.token, data.password, origin))

    @post("/verify/resend", operation_id="resendVerification", summary="Mail the link again", status_code=202,
          responses=problems(400, 413, 503))  # fmt: skip
    async def resend(self, data: JSONBody[MailWanted], accounts: NamedDependency[Accounts]) -> Accepted:
        """Mails the link of a registration that still waits for it."""
        await resend(accounts, data.email, data.locale)
        return _TOLD

    @post("/password/reset", operation_id="askForPassword", summary="A password was forgotten", status_code=202,
          responses=problems(400, 413, 503))  # fmt: skip
    async def ask(self, data: JSONBody[MailWanted], accounts: NamedDependency[Accounts]) -> Accepted:
        """Mails a link by which another password is chosen, good for an hour."""
        await ask_for_reset(accounts, data.email, data.locale)
        return _TOLD

    @post("/password/reset/confirm", operation_id="resetPassword", summary="Choose another password", status_code=204,
          responses=problems(400, 413, 503))  # fmt: skip
    async def reset(
        self, data: JSONBody[PasswordReset], accounts: NamedDependency[Accounts], origin: NamedDependency[Origin]
    ) -> None:
        """Every login ends and, unless told otherwise, every API key is deleted. The link is good once."""
        await reset_password(accounts, data.token, data.new_password, origin, end_api_keys=data.end_api_keys)
