"""The shapes of what /users takes and answers. A password or a token stands in no description, example or log."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from lib.accounts.passwords import ACCEPTED
from lib.domain.users import Locale, Role, Scope

Email = Annotated[str, Meta(max_length=320, examples=["kim@example.com"])]
Password = Annotated[str, Meta(max_length=1024, description="The account's password.")]
NewPassword = Annotated[str, Meta(max_length=1024, description=f"The password to have: {ACCEPTED}.")]
Token = Annotated[str, Meta(max_length=400, description="What a mailed link has behind its #.")]
Language = Annotated[Locale, Meta(description="In which mails are written.")]
KeyName = Annotated[str, Meta(max_length=200, description="What you call it.", examples=["notebook"])]
Scopes = Annotated[list[Scope], Meta(max_length=20, description="What it may do.", examples=[["read", "alerts"]])]
Moment = Annotated[datetime, Meta(tz=True)]
EndApiKeys = Annotated[bool, Meta(description="Delete every API key, too.")]


class Registration(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who wants an account."""

    email: Email
    password: NewPassword
    locale: Language = "en"


class Verification(Struct, frozen=True, forbid_unknown_fields=True):
    """A mailed link, and the password that goes with it: the one chosen, or the account's."""

    token: Token
    password: Password


class MailWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a mail is to go."""

    email: Email
    locale: Language = "en"


class PasswordReset(Struct, frozen=True, forbid_unknown_fields=True):
    """A mailed link, and the password to have."""

    token: Token
    new_password: NewPassword
    end_api_keys: EndApiKeys = True


class PasswordChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The present password, and the one to have."""

    password: Password
    new_password: NewPassword
    end_api_keys: EndApiKeys = False


class EmailChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The address to have, and the account's password."""

    email: Email
    password: Password


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """The account's password again."""

    password: Password


class Accepted(Struct, frozen=True):
    """The same whoever asked for which address."""

    detail: str


class Verified(Struct, frozen=True):
    """The address that is now proved."""

    email: str


class AccountView(Struct, frozen=True, kw_only=True):
    """The account of who asks."""

    id: UUID
    email: str
    role: Role
    locale: Locale
    created_at: datetime
    password_changed_at: datetime
    scopes: Annotated[list[Scope], Meta(description="Those of the token or key that asked.")]


class AccountChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be other."""

    locale: Language


class Tokens(Struct, frozen=True, kw_only=True):
    """As RFC 6749 has it."""

    access_token: Annotated[str, Meta(description="For Authorization: Bearer.")]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - it is no token
    expires_in: Annotated[int, Meta(description="Seconds for which the access token is good.", examples=[900])]
    refresh_token: Annotated[str, Meta(description="Good for one exchange.")]
    scope: Annotated[str, Meta(examples=["read watchlists alerts account operations"])]


class SessionItem(Struct, frozen=True, kw_only=True):
    """A login that is not over."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: Annotated[str | None, Meta(description="Where it was last used from.")]
    user_agent: str
    current: Annotated[bool, Meta(description="The one that asks.")]


class SessionList(Struct, frozen=True):
    """Logins, the last used first."""

    items: list[SessionItem]
    next: None = None


class Ended(Struct, frozen=True):
    """How many sessions were ended."""

    sessions: int


class KeyWanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An API key to be made."""

    name: KeyName
    scopes: Scopes
    expires_at: Annotated[Moment | None, Meta(description="When it ends; null: never.")] = None


class KeyChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be other; null leaves it."""

    name: KeyName | None = None
    scopes: Scopes | None = None


class KeyItem(Struct, frozen=True, kw_only=True):
    """What can be told of a key."""

    id: UUID
    name: str
    prefix: Annotated[str, Meta(description="How it begins.", examples=["ick_3fq7wz5k"])]
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: Annotated[datetime | None, Meta(description="To within half a minute.")]


class KeyMade(KeyItem, frozen=True, kw_only=True):
    """A new key, with what is shown this once."""

    key: Annotated[str, Meta(description="For X-API-Key or Authorization: Bearer. It is not to be had again.")]


class KeyList(Struct, frozen=True):
    """API keys, the newest first."""

    items: list[KeyItem]
    next: None = None


class Export(Struct, frozen=True, kw_only=True):
    """Everything that is kept of the person, by kind."""

    exported_at: datetime
    account: dict[str, Any]
    kept: Annotated[dict[str, Any], Meta(description="Sessions, API keys, watchlists, alerts, audit, …")]
