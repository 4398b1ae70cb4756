"""Somebody with an account who uses the API during a drill: signs in, changes something again and again, reads. Their
account is in the drill's own database alone. It does not know what happens to the API.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from pydantic import SecretStr

from lib.accounts.governing import create_account
from lib.accounts.service import open_accounts
from lib.db.pool import open_pool
from lib.domain.users import Origin
from lib.errors import DrillRefused
from lib.recovery.losses import Acknowledged
from lib.settings import Settings

_API = "/api/v1"
_AGAIN_S = 0.05
_WAIT_S = 2.0


class Person(NamedTuple):
    """An address and a password."""

    email: str
    password: str


async def make_person(database_url: str, home: Path) -> Person:
    """A new account in a drill's own database; its password is hashed as any other's."""
    person = Person(f"drill-{secrets.token_hex(6)}@drill.invalid", f"drill {secrets.token_urlsafe(24)}")
    settings = Settings(
        database_url=SecretStr(database_url),
        home=home,
        secret_keys=None,
        secret_keys_file=None,
        environment="development",
    )
    async with (
        open_pool(database_url, application="insitechart-drill", max_size=2) as pool,
        open_accounts(pool, settings, keeps=False) as on,
    ):
        await create_account(on, person.email, person.password, Origin("terminal"), role="operator")
    return person


class Visitor:
    """`person` at `url`. Their one watchlist is named after the number of the last change."""

    def __init__(self, url: str, person: Person) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=_WAIT_S, trust_env=False)
        self._person = person
        self._next = 1
        self.acknowledged: list[Acknowledged] = []

    async def sign_in(self) -> None:
        """With the password, as anybody does. Raises DrillRefused where that does not work."""
        form = {"grant_type": "password", "username": self._person.email, "password": self._person.password}
        # argon2 on a busy machine takes its time
        answer = await self._client.post(f"{_API}/users/token", data=form, timeout=30)
        if answer.status_code != 200:
            raise DrillRefused(f"Somebody who has an account could not sign in: {answer.status_code}.")
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def is_known(self) -> bool:
        """Whether the token of the last time still holds."""
        answer = await self._client.get(f"{_API}/users/me")
        return answer.status_code == 200 and answer.json()["email"] == self._person.email

    async def bodies(self, paths: list[str]) -> dict[str, tuple[int, bytes]]:
        """What each path answers: status and bytes."""
        found = {}
        for path in paths:
            answer = await self._client.get(f"{_API}{path}", timeout=30)
            found[path] = (answer.status_code, answer.content)
        return found

    async def keep_changing(self, per_second: float) -> None:
        """Changes the watchlist until it is cancelled; what is answered with success is acknowledged."""
        while True:
            try:
                known = await self._watchlist()
                number, self._next = self._next, self._next + 1
                body = {"version": known["version"], "name": f"drill {number}"}
                answer = await self._client.patch(f"{_API}/users/me/watchlists/{known['id']}", json=body)
                if answer.status_code == 200:
                    self.acknowledged.append(Acknowledged(number, time.time()))
            except (httpx.HTTPError, _Away):
                await asyncio.sleep(_AGAIN_S)
            else:
                await asyncio.sleep(1 / per_second)

    async def further(self, changes: int, *, seconds: float) -> None:
        """Waits for so many more. Raises DrillRefused where they do not come in time."""
        had, until = len(self.acknowledged), time.monotonic() + seconds
        while len(self.acknowledged) < had + changes:
            if time.monotonic() > until:
                raise DrillRefused(f"Of {changes} changes through the API not all came through in {seconds:.0f} s.")
            await asyncio.sleep(_AGAIN_S)

    async def last_found(self) -> int:
        """The number of the last change that is there."""
        return int((await self._watchlist())["name"].removeprefix("drill "))

    async def close(self) -> None:
        """Lets the connections go."""
        await self._client.aclose()

    async def _watchlist(self) -> dict[str, Any]:
        answer = await self._client.get(f"{_API}/users/me/watchlists")
        if answer.status_code != 200:
            raise _Away
        items = answer.json()["items"]
        if not items:
            made = await self._client.post(f"{_API}/users/me/watchlists", json={"name": "drill 0"})
            items = [made.json()] if made.status_code == 201 else []
        if not items:
            raise _Away
        found: dict[str, Any] = items[0]
        return found


class _Away(Exception):
    """No answer that is one."""


@asynccontextmanager
async def changing(visitor: Visitor, per_second: float) -> AsyncIterator[None]:
    """`visitor` changes something again and again until the block is left."""
    task = asyncio.create_task(visitor.keep_changing(per_second))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
