"""People for tests: accounts put into a database, logged in over HTTP, and the mails that reached them."""

import asyncio
import email
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import UUID

import httpx
import jwt
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import Pool, open_pool
from lib.domain.users import Role, Scope
from lib.postgres.server import PostgresServer
from lib.settings import Settings
from tests.support.databases import fresh_database

Client = AsyncTestClient[Litestar]

USERS = "/api/v1/users"
PASSWORD = "tram seven coal window"
OTHER_PASSWORD = "ladder fourteen moss rain"

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_WAITING = "SELECT EXISTS (SELECT FROM mails WHERE closed_at IS NULL)"
_ADD = """
INSERT INTO users (email, password_hash, role, locale, verified_at) VALUES ($1, $2, $3, $4, now()) RETURNING id
"""


class House(NamedTuple):
    """A started application with its database and its home folder."""

    client: Client
    pool: Pool
    home: Path

    async def mails(self, address: str, words: str = "") -> list[EmailMessage]:
        """The mails to one address whose subject holds `words`, once all that was queued is sent."""
        async with asyncio.timeout(20):
            # the application sends them in a loop of its own
            while await self.pool.fetchval(_WAITING):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        files = (self.home / "mail").glob("*.eml")
        found = [cast("EmailMessage", email.message_from_bytes(file.read_bytes(), policy=default)) for file in files]
        wanted = [mail for mail in found if mail["To"] == address and words in str(mail["Subject"])]
        return sorted(wanted, key=lambda mail: mail["Date"].datetime)


@asynccontextmanager
async def open_house(postgres: PostgresServer, home: Path, **values: Any) -> AsyncIterator[House]:
    """An application on a database of its own, until it is closed."""
    async with (
        fresh_database(postgres) as url,
        open_pool(url, application="insitechart-test", max_size=4) as pool,
        AsyncTestClient(create_app(settings_of(url, home, **values)), raise_server_exceptions=False) as client,
    ):
        yield House(client, pool, home)


class Person(NamedTuple):
    """Somebody with an account, and the tokens of one login."""

    id: UUID
    email: str
    access: str = ""
    refresh: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        """The headers that prove it."""
        return {"Authorization": f"Bearer {self.access}"}


# no limit on how often anybody asks
_LIMITS = ("anonymous_reads", "anonymous_analyze", "logins", "refreshes", "refusals", "reads", "writes", "analyze")
UNLIMITED: dict[str, Any] = {f"limits_{name}": 0 for name in _LIMITS}


def settings_of(database_url: str, home: Path, **values: Any) -> Settings:
    """An installation of its own, without limits on how often anybody asks."""
    return Settings(database_url=database_url, home=home, **UNLIMITED | values)


async def add_person(pool: Pool, address: str, role: Role = "user", locale: str = "en") -> Person:
    """An account with PASSWORD, put in without asking the code under test."""
    return Person(await pool.fetchval(_ADD, address, _HASHER.hash(PASSWORD), role, locale), address)


async def log_in(client: httpx.AsyncClient, address: str, password: str = PASSWORD) -> Person:
    """Whoever has this address, with fresh tokens."""
    answer = await client.post(f"{USERS}/token", data=password_form(address, password))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    claims = jwt.decode(told["access_token"], options={"verify_signature": False})
    return Person(UUID(claims["sub"]), address, told["access_token"], told["refresh_token"])


def password_form(address: str, password: str = PASSWORD) -> dict[str, str]:
    """What OAuth clients send."""
    return {"grant_type": "password", "username": address, "password": password}


async def known(house: House, role: Role = "user") -> Person:
    """Somebody new who is logged in."""
    person = await add_person(house.pool, new_address(), role)
    return await log_in(house.client, person.email)


async def become(client: httpx.AsyncClient, pool: Pool, role: Role) -> None:
    """Everything that `client` asks from now on is asked by somebody new with this role."""
    person = await add_person(pool, new_address(), role)
    client.headers.update((await log_in(client, person.email)).bearer)


def new_address() -> str:
    """An address that nobody else has."""
    return f"kim-{secrets.token_hex(4)}@example.com"


async def api_key(house: House, person: Person, *scopes: Scope, **more: Any) -> str:
    """A new key of this person."""
    body = {"name": "test", "scopes": list(scopes), **more}
    answer = await house.client.post(f"{USERS}/me/api-keys", json=body, headers=person.bearer)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def text_of(mail: EmailMessage) -> str:
    """What it says."""
    return str(mail.get_content())


def token_in(mail: EmailMessage) -> str:
    """The token behind the # of its link."""
    found = re.search(r"/account#(\S+)", text_of(mail))
    assert found, text_of(mail)
    return found[1]
