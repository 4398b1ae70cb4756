"""What happens to an account while something else about it is under way: passwords take a while to be checked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from lib.accounts.api_keys import make_key
from lib.accounts.changing import ask_for_email, change_password, delete_me, my_account, reset_password
from lib.accounts.governing import govern
from lib.accounts.hashing import Passwords, Verdict
from lib.accounts.letters import LASTS
from lib.accounts.mailed import write_link
from lib.accounts.registering import verify
from lib.accounts.service import Accounts, open_accounts
from lib.accounts.sessions import log_in
from lib.alerts.managing import Wanted, make_alert
from lib.alerts.service import open_alerts
from lib.db.alerts.history import add_test
from lib.db.pool import Pool
from lib.db.users.links import LinkPurpose, add_link
from lib.domain.users import SCOPES, Origin, Principal
from lib.errors import Conflict, Forbidden, InsiteChartError, Unauthorized, WrongCredentials
from lib.settings import Settings
from lib.watchlists import make_watchlist
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, Person, add_person, new_address, settings_of
from tests.support.alerts import add_alert
from tests.support.seed import add_symbol

HERE = Origin(address="192.0.2.10")
THIRD = "quilt harbor nine lemon"


@pytest.fixture
async def on(pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[Accounts]:
    settings = settings_of(database_url, tmp_path, password_memory_mib=19, password_rounds=2)
    async with open_accounts(pool, settings, keeps=False) as opened:
        yield opened


@pytest.fixture
async def kim(pool: Pool) -> Person:
    return await add_person(pool, new_address())


class Slow:
    """The passwords of `on`; whatever `meanwhile` does happens once a password has been checked."""

    def __init__(self, passwords: Passwords, meanwhile: Callable[[], Awaitable[Any]]) -> None:
        self._passwords, self._meanwhile = passwords, meanwhile
        self.hash = passwords.hash

    async def check(self, password: str, known: str | None) -> Verdict:
        verdict = await self._passwords.check(password, known)
        await self._meanwhile()
        return verdict


def during(on: Accounts, meanwhile: Callable[[], Awaitable[Any]]) -> Accounts:
    return on._replace(passwords=cast("Passwords", Slow(on.passwords, meanwhile)))


def me(person: Person) -> Principal:
    return Principal(person.id, "user", frozenset(SCOPES), "token")


async def link(on: Accounts, purpose: LinkPurpose, person: Person | None, address: str) -> str:
    """A mailed link; one of a registration goes with PASSWORD."""
    password_hash = None if person else await on.passwords.hash(PASSWORD)
    async with on.pool.acquire() as conn:
        made = await add_link(
            conn, purpose, address, lasts=LASTS[purpose], locale="en",
            user_id=person.id if person else None, password_hash=password_hash,
        )  # fmt: skip
    return write_link(on.keyring, purpose, *made)


async def change(on: Accounts, person: Person, chosen: str = OTHER_PASSWORD) -> None:
    await change_password(on, me(person), PASSWORD, chosen, HERE, end_api_keys=True)


async def delete(on: Accounts, person: Person) -> None:
    await delete_me(on, me(person), PASSWORD, HERE)


async def test_a_login_under_way_does_not_outlive_what_ends_all_logins(on: Accounts, pool: Pool, kim: Person) -> None:
    ada = await add_person(pool, new_address())
    for person, meanwhile in (
        (kim, lambda: change(on, kim)),
        (ada, lambda: govern(on, ada.id, Origin("terminal"), disabled=True)),
        (await add_person(pool, new_address()), None),
    ):
        ends = meanwhile or (lambda person=person: delete(on, person))
        with pytest.raises(WrongCredentials):
            await log_in(during(on, ends), person.email, PASSWORD, HERE)
    assert await pool.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == 0


async def test_of_two_who_change_a_password_the_second_must_know_the_new_one(on: Accounts, kim: Person) -> None:
    with pytest.raises(Forbidden):
        await change(during(on, lambda: change(on, kim)), kim, THIRD)
    await log_in(on, kim.email, OTHER_PASSWORD, HERE)


async def test_an_address_does_not_move_once_the_password_was_replaced(on: Accounts, kim: Person) -> None:
    theirs = await link(on, "email", kim, "thief@example.net")
    reset = await link(on, "reset", kim, kim.email)
    replaced = during(on, lambda: reset_password(on, reset, OTHER_PASSWORD, HERE, end_api_keys=True))
    with pytest.raises(WrongCredentials):
        await verify(replaced, theirs, PASSWORD, HERE)
    assert (await my_account(on, kim.id)).email == kim.email


async def test_no_link_to_the_former_address_replaces_the_password(on: Accounts, kim: Person) -> None:
    reset = await link(on, "reset", kim, kim.email)
    moved = new_address()
    await verify(on, await link(on, "email", kim, moved), PASSWORD, HERE)
    with pytest.raises(WrongCredentials):
        await reset_password(on, reset, OTHER_PASSWORD, HERE, end_api_keys=True)
    await log_in(on, moved, PASSWORD, HERE)


async def test_an_address_that_gets_an_account_meanwhile_is_not_taken(on: Accounts, kim: Person) -> None:
    wanted = new_address()
    token = await link(on, "email", kim, wanted)
    registration = await link(on, "register", None, wanted)
    ends = await asyncio.gather(
        verify(on, token, PASSWORD, HERE), verify(on, registration, PASSWORD, HERE), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "str"]


async def test_a_link_makes_one_account_however_often_it_is_followed_at_once(on: Accounts, pool: Pool) -> None:
    address = new_address()
    token = await link(on, "register", None, address)
    ends = await asyncio.gather(*(verify(on, token, PASSWORD, HERE) for _ in range(6)), return_exceptions=True)
    assert [end for end in ends if not isinstance(end, WrongCredentials)] == [address]
    person = Person(await pool.fetchval("SELECT id FROM users WHERE email = $1", address), address)
    token = await link(on, "register", None, address)

    async def used_up() -> None:
        await pool.execute("DELETE FROM mail_links")
        await delete(on, person)

    with pytest.raises(WrongCredentials):
        await verify(during(on, used_up), token, PASSWORD, HERE)


async def test_an_account_is_deleted_once(on: Accounts, pool: Pool, kim: Person) -> None:
    ends = await asyncio.gather(*(delete(on, kim) for _ in range(4)), return_exceptions=True)
    assert ends.count(None) == 1
    assert all(end is None or isinstance(end, (Forbidden, Unauthorized)) for end in ends)
    assert await pool.fetchval("SELECT count(*) FROM mails WHERE template = 'account-deleted'") == 1
    assert await pool.fetchval("SELECT count(*) FROM audit WHERE action = 'account.deleted'") == 1


async def test_admins_who_depose_each_other_leave_one(on: Accounts, pool: Pool) -> None:
    for _ in range(4):
        await pool.execute("DELETE FROM users")
        admins = [await add_person(pool, new_address(), "admin") for _ in range(3)]
        first, second, third = (admin.id for admin in admins)
        ends = await asyncio.gather(
            *(govern(on, whom, Origin("user", who), role="user")
              for who, whom in ((first, second), (second, third), (third, first))),
            return_exceptions=True,
        )  # fmt: skip
        assert [type(end) for end in ends if isinstance(end, BaseException)] == [Conflict]
        assert await pool.fetchval("SELECT count(*) FROM users WHERE role = 'admin'") == 1


async def test_nothing_is_made_for_somebody_who_is_gone(on: Accounts, pool: Pool, kim: Person) -> None:
    await add_symbol(pool, "AAPL")
    alerts = open_alerts(pool, Settings(), on.keyring)
    alert = await add_alert(pool, kim.id)
    wanted = Wanted(url="https://example.com/")
    gone: list[Callable[[UUID], Awaitable[Any]]] = [
        lambda who: my_account(on, who),
        lambda who: make_watchlist(pool, who, "mine", [], is_default=True),
        lambda who: make_alert(alerts, who, "AAPL", "price", "above", Decimal(1), "webhook", wanted, HERE),
        lambda who: add_test(pool, who, alert, datetime.now(UTC)),
        lambda who: make_key(on, me(Person(who, "")), "mine", ["read"], None, HERE),
    ]
    with pytest.raises(InsiteChartError):
        await ask_for_email(during(on, lambda: delete(on, kim)), me(kim), new_address(), PASSWORD, HERE)
    for ask in gone:
        with pytest.raises(Unauthorized):
            await ask(kim.id)
