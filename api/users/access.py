"""Routes under /users/me for what gives access: sessions and API keys. It does not know how either is checked.

No API key makes, changes or deletes one: whoever has stolen a key must not get another, or more scopes.
"""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.params import JSONBody, PathParameter

from api.auth.guards import needs
from api.deps import NamedDependency
from api.openapi import not_there, problems
from api.users.schemas import (
    Ended,
    KeyChange,
    KeyItem,
    KeyList,
    KeyMade,
    KeyWanted,
    SessionItem,
    SessionList,
)
from api.walls.bodies import FORM_BYTES
from lib.accounts.api_keys import drop_key, edit_key, get_key, list_keys, make_key
from lib.accounts.service import Accounts
from lib.accounts.sessions import end_one, end_others, list_sessions
from lib.db.users.api_keys import ApiKey
from lib.domain.users import Origin, Principal

SessionId = Annotated[UUID, PathParameter(description="The session, as the list of them has it.")]

KeyId = Annotated[UUID, PathParameter(description="The API key, as the list of them has it.")]

_READ = needs("user", "account")
_LOGIN = needs("user", "account", login=True)
_NO_SESSION = not_there("session", "/api/v1/users/me/sessions/00000000-0000-0000-0000-000000000001")
_NO_KEY = not_there("API key", "/api/v1/users/me/api-keys/00000000-0000-0000-0000-000000000001")
_NOT_STORED = (ResponseHeader(name="Cache-Control", value="no-store"),)


class SessionController(Controller):
    """The logins of who asks."""

    path = "/users/me/sessions"
    tags = ("users",)
    request_max_body_size = FORM_BYTES
    response_headers = _NOT_STORED

    @get("/", operation_id="getSessions", summary="Your logins", guards=[_READ], responses=problems(400, 503))
    async def sessions(self, accounts: NamedDependency[Accounts], principal: NamedDependency[Principal]) -> SessionList:
        """Those that are not over, the last used first."""
        found = await list_sessions(accounts, principal.user_id)
        return SessionList(
            [SessionItem(**session._asdict(), current=session.id == principal.session_id) for session in found]
        )

    @delete("/", operation_id="endSessions", summary="End your other logins", guards=[_LOGIN], status_code=200,
            responses=problems(400, 503))  # fmt: skip
    async def end_others(
        self,
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> Ended:
        """All but the one that asks."""
        return Ended(await end_others(accounts, principal, origin))

    @delete("/{session_id:uuid}", operation_id="endSession", summary="End a login", guards=[_LOGIN],
            responses=problems(400, 503) | _NO_SESSION)  # fmt: skip
    async def end(
        self,
        session_id: SessionId,
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> None:
        """Its tokens are refused at once here, and within five seconds in every process."""
        await end_one(accounts, principal, session_id, origin)


class ApiKeyController(Controller):
    """The API keys of who asks."""

    path = "/users/me/api-keys"
    tags = ("users",)
    request_max_body_size = FORM_BYTES
    response_headers = _NOT_STORED

    @get("/", operation_id="getApiKeys", summary="Your API keys", guards=[_READ], responses=problems(400, 503))
    async def keys(self, accounts: NamedDependency[Accounts], principal: NamedDependency[Principal]) -> KeyList:
        """The newest first. What they are is not to be had again."""
        return KeyList([_item(key) for key in await list_keys(accounts, principal.user_id)])

    @post("/", operation_id="makeApiKey", summary="Make an API key", guards=[_LOGIN],
          responses=problems(400, 409, 413, 503))  # fmt: skip
    async def make(
        self,
        data: JSONBody[KeyWanted],
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> KeyMade:
        """`key` is shown this once."""
        made, secret = await make_key(accounts, principal, data.name, data.scopes, data.expires_at, origin)
        return KeyMade(**made._asdict(), key=secret)

    @get("/{key_id:uuid}", operation_id="getApiKey", summary="One of your API keys", guards=[_READ],
         responses=problems(400, 503) | _NO_KEY)  # fmt: skip
    async def key(
        self, key_id: KeyId, accounts: NamedDependency[Accounts], principal: NamedDependency[Principal]
    ) -> KeyItem:
        """When it was last used, for one."""
        return _item(await get_key(accounts, principal.user_id, key_id))

    @patch("/{key_id:uuid}", operation_id="changeApiKey", summary="Change an API key", guards=[_LOGIN],
           responses=problems(400, 413, 503) | _NO_KEY)  # fmt: skip
    async def change(
        self,
        key_id: KeyId,
        data: JSONBody[KeyChange],
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> KeyItem:
        """Another name or other scopes; they hold within five seconds in every process."""
        return _item(await edit_key(accounts, principal, key_id, data.name, data.scopes, origin))

    @delete("/{key_id:uuid}", operation_id="deleteApiKey", summary="Delete an API key", guards=[_LOGIN],
            responses=problems(400, 503) | _NO_KEY)  # fmt: skip
    async def drop(
        self,
        key_id: KeyId,
        accounts: NamedDependency[Accounts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> None:
        """It is refused at once here, and within five seconds in every process."""
        await drop_key(accounts, principal, key_id, origin)


def _item(key: ApiKey) -> KeyItem:
    return KeyItem(**key._asdict())
