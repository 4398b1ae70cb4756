"""What the person who asks has before anything is asked, and what only the mailed or the logged in know: links, tokens,
passwords. With it there is something behind every id that the document's links lead to.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from lib.accounts.mailed import write_link
from lib.db.pool import Connection, Pool, open_pool
from lib.db.users.links import LinkPurpose, add_link
from lib.domain.users import Role
from lib.keyring.ring import Keyring, load_keyring
from lib.settings import Settings
from tests.fuzz.installation import SYMBOLS
from tests.support.accounts import PASSWORD, USERS, add_person, password_form
from tests.support.alerts import add_firing

_EACH = 12

Words = dict[str, list[str]]
"""Values by what they are: `symbols`, `grants`, `passwords`, `addresses`, `mailed`, `refresh`."""


def headers_of(address: str, role: Role) -> dict[str, str]:
    """What proves that an account with this role asks."""
    return {"Authorization": f"Bearer {_tokens(address, f'{role}@example.com')['access_token']}"}


async def give_belongings(address: str, database_url: str, home: Path, headers: dict[str, str]) -> Words:
    """Makes them over the API at `address`, for whoever asks with `headers`; and what links need that nobody is told.
    Returns words that open something.
    """
    keyring = load_keyring(Settings(database_url=database_url, home=home))
    async with open_pool(database_url, application="insitechart-fuzz") as pool:
        if headers:
            with httpx.Client(base_url=f"{address}{USERS}/me", headers=headers, timeout=20) as client:
                await _have(client, pool)
        mailed = await _mailed(pool, keyring)
        await add_person(pool, "often@example.com")
    refresh = [_tokens(address, "often@example.com")["refresh_token"] for _ in range(_EACH)]
    return {
        "symbols": [symbol for symbol, *_ in SYMBOLS],
        "grants": ["password", "refresh_token"],
        "passwords": [PASSWORD],
        "addresses": ["often@example.com"],
        "mailed": mailed,
        "refresh": refresh,
    }


def _tokens(address: str, email: str) -> dict[str, str]:
    answer = httpx.post(f"{address}{USERS}/token", data=password_form(email), timeout=20)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


async def _have(client: httpx.Client, pool: Pool) -> None:
    rule = {"symbol": "AAPL", "direction": "above", "threshold": "90"}
    for number in range(_EACH):
        _make(client, "/watchlists", {"name": f"list {number}", "symbols": ["AAPL", "005930.KS"]})
        _make(client, "/api-keys", {"name": f"key {number}", "scopes": ["read"]})
        where = {"channel": "email"} if number % 2 else {"channel": "webhook", "url": "https://hooks.example/"}
        alert = UUID(_make(client, "/alerts", rule | {"measure": "price"} | where))
        for hours in range(3):
            await add_firing(pool, alert, datetime.now(UTC) - timedelta(hours=hours), revision=hours + 1)


def _make(client: httpx.Client, path: str, body: dict[str, Any]) -> str:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _mailed(pool: Pool, keyring: Keyring) -> list[str]:
    """Links of each kind that are not followed yet."""
    moving, forgetful = [await add_person(pool, f"{name}@example.com") for name in ("moving", "forgetful")]
    known = await pool.fetchval("SELECT password_hash FROM users WHERE id = $1", moving.id)
    found = []
    async with pool.acquire() as conn:
        for number in range(_EACH):
            found += [
                await _link(conn, keyring, "register", f"new-{number}@example.com", password_hash=known),
                await _link(conn, keyring, "email", f"moved-{number}@example.com", user_id=moving.id),
                await _link(conn, keyring, "reset", forgetful.email, user_id=forgetful.id),
            ]
    return found


async def _link(conn: Connection, keyring: Keyring, purpose: LinkPurpose, email: str, **more: Any) -> str:
    made = await add_link(conn, purpose, email, lasts=timedelta(hours=12), locale="en", **more)
    return write_link(keyring, purpose, *made)
