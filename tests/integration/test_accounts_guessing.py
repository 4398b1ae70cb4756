"""Guessing passwords: the same work and answer for known and unknown, locks that grow and end, a bounded flood, and no
victim locked out for good.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from argon2 import extract_parameters

from lib.accounts.changing import ask_for_reset, reset_password
from lib.accounts.hashing import WAITING_PER_WORKER, Passwords, Verdict
from lib.accounts.letters import LASTS
from lib.accounts.mailed import write_link
from lib.accounts.registering import register, resend
from lib.accounts.service import Accounts, open_accounts
from lib.accounts.sessions import log_in
from lib.accounts.throttling import lock_for
from lib.db.pool import Pool
from lib.db.users.links import add_link
from lib.domain.users import Origin
from lib.errors import Overloaded, Throttled, WrongCredentials
from lib.metrics import PASSWORD_CHECKS
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, add_person, new_address, settings_of

HOME, ATTACKER = "192.0.2.10", "198.51.100.7"


@pytest.fixture
async def on(pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[Accounts]:
    settings = settings_of(database_url, tmp_path)
    async with open_accounts(pool, settings, keeps=False) as opened:
        yield opened


async def attempt(on: Accounts, email: str, password: str = "wrong horse altogether", at: str = ATTACKER) -> str:
    """How a login ends: right, wrong or locked."""
    try:
        await log_in(on, email, password, Origin(address=at))
    except WrongCredentials:
        return "wrong"
    except Throttled:
        return "locked"
    return "right"


async def unlock(pool: Pool) -> None:
    """Every lock has run its time."""
    await pool.execute("UPDATE throttles SET locked_until = now() - INTERVAL '1 ms' WHERE locked_until > now()")


async def locked_for(pool: Pool) -> float:
    return float(await pool.fetchval("SELECT extract(epoch FROM max(locked_until) - now()) FROM throttles"))


async def test_known_and_unknown_take_the_same_work_and_hear_the_same(on: Accounts, pool: Pool) -> None:
    known = (await add_person(pool, new_address())).email
    await attempt(on, new_address(), at="192.0.2.99")
    told: dict[str, tuple[object, ...]] = {}
    for name, email in (("known", known), ("unknown", new_address()), ("no address", "not an address")):
        hashes, asked = PASSWORD_CHECKS.labels("done")._value.get(), list[str]()
        queries = pool_queries(pool, asked)
        try:
            with pytest.raises(WrongCredentials) as caught:
                await log_in(on, email, "wrong horse altogether", Origin(address=f"192.0.2.{len(told)}"))
        finally:
            queries()
        done = PASSWORD_CHECKS.labels("done")._value.get() - hashes
        told[name] = (str(caught.value), caught.value.hint, done, asked)
    assert told["known"] == told["unknown"] == told["no address"]
    assert told["known"][2] == 1
    assert len(told["known"][3]) > 5  # type: ignore[arg-type]


def pool_queries(pool: Pool, asked: list[str]):  # type: ignore[no-untyped-def]
    """Writes every statement of the pool's connections into `asked`, until what is returned is called."""
    holders = [holder for holder in pool._holders if holder._con is not None]  # type: ignore[attr-defined]

    def heard(record):  # type: ignore[no-untyped-def]
        asked.append(record.query)

    for holder in holders:
        holder._con.add_query_logger(heard)

    def stop() -> None:
        for holder in holders:
            if holder._con is not None:
                holder._con.remove_query_logger(heard)

    return stop


async def test_locks_begin_double_and_end(on: Accounts, pool: Pool) -> None:
    email = (await add_person(pool, new_address())).email
    assert [await attempt(on, email) for _ in range(7)] == ["wrong"] * 6 + ["locked"]
    waits = []
    for _ in range(12):
        waits.append(round(await locked_for(pool)))
        # what is refused while it lasts does not make it longer
        assert await attempt(on, email, PASSWORD) == "locked"
        await unlock(pool)
        assert await attempt(on, email) == "wrong"
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == 900
    await unlock(pool)
    assert await attempt(on, email, PASSWORD) == "right"
    assert [await attempt(on, email) for _ in range(6)] == ["wrong"] * 6
    assert await pool.fetchval("SELECT count(*) FROM audit WHERE action = 'login.locked'") > 0


async def test_attempts_side_by_side_cannot_outrun_the_count(on: Accounts, pool: Pool) -> None:
    email = (await add_person(pool, new_address())).email
    ends = await asyncio.gather(*(attempt(on, email) for _ in range(30)))
    assert ends.count("wrong") == 6
    assert ends.count("locked") == 24


async def test_unknown_accounts_lock_alike(on: Accounts) -> None:
    email = new_address()
    assert [await attempt(on, email) for _ in range(7)] == ["wrong"] * 6 + ["locked"]


async def test_who_fails_on_purpose_does_not_lock_the_victim_out(on: Accounts, pool: Pool) -> None:
    victim = await add_person(pool, new_address())
    assert await attempt(on, victim.email, PASSWORD, at=HOME) == "right"
    for number in range(25):
        await attempt(on, victim.email, at=f"198.51.100.{number}")
    # from elsewhere the account is locked for a while, whoever asks
    assert await attempt(on, victim.email, PASSWORD, at="203.0.113.1") == "locked"
    # where the victim has been before, nothing of it is felt
    assert await attempt(on, victim.email, PASSWORD, at=HOME) == "right"


async def test_a_mailed_link_clears_locks_and_makes_the_address_known(on: Accounts, pool: Pool) -> None:
    victim = await add_person(pool, new_address())
    for number in range(25):
        await attempt(on, victim.email, at=f"198.51.100.{number}")
    assert await attempt(on, victim.email, PASSWORD, at=HOME) == "locked"
    await ask_for_reset(on, victim.email, "en")
    async with pool.acquire() as conn:
        link = await add_link(conn, "reset", victim.email, lasts=LASTS["reset"], locale="en", user_id=victim.id)
    token = write_link(on.keyring, "reset", *link)
    await reset_password(on, token, OTHER_PASSWORD, Origin(address=HOME), end_api_keys=True)
    for number in range(25):
        await attempt(on, victim.email, at=f"198.51.100.{number}")
    assert await attempt(on, victim.email, OTHER_PASSWORD, at=HOME) == "right"


async def test_one_address_is_locked_over_many_accounts(on: Accounts) -> None:
    ends = [await attempt(on, new_address()) for _ in range(52)]
    assert ends == ["wrong"] * 51 + ["locked"]
    assert await attempt(on, new_address(), at="198.51.100.8") == "wrong"


async def test_an_account_of_ones_own_does_not_lift_the_lock_of_an_address(on: Accounts, pool: Pool) -> None:
    mine = await add_person(pool, new_address())
    assert [await attempt(on, new_address()) for _ in range(50)] == ["wrong"] * 50
    checking, locked = asyncio.Event(), asyncio.Event()

    class Slow:
        async def check(self, password: str, known: str | None) -> Verdict:
            checking.set()
            await locked.wait()
            return await on.passwords.check(password, known)

    own = asyncio.create_task(attempt(on._replace(passwords=cast("Passwords", Slow())), mine.email, PASSWORD))
    await checking.wait()
    # the one under way has locked the address, and takes back no lock but its own
    await unlock(pool)
    assert await attempt(on, new_address()) == "wrong"
    locked.set()
    assert await own == "right"
    assert await attempt(on, new_address()) == "locked"
    await unlock(pool)
    # a login that was right costs nothing, whatever was counted before
    assert [await attempt(on, mine.email, PASSWORD) for _ in range(3)] == ["right"] * 3


async def test_who_asks_for_other_mails_does_not_keep_the_forgotten_password_back(on: Accounts, pool: Pool) -> None:
    victim = await add_person(pool, new_address())
    for _ in range(12):
        await resend(on, victim.email, "en")
        await register(on, victim.email, OTHER_PASSWORD, "en", Origin(address=ATTACKER))
    await ask_for_reset(on, victim.email, "en")
    queued = "SELECT template, count(*) FROM mails WHERE address = $1 GROUP BY template"
    counts = dict(await pool.fetch(queued, victim.email))
    assert counts == {"register": 4, "resend": 4, "reset": 1}


async def test_a_network_of_ipv6_is_one_place_where_somebody_has_been(on: Accounts, pool: Pool) -> None:
    victim = await add_person(pool, new_address())
    for number in range(3):
        assert await attempt(on, victim.email, PASSWORD, at=f"2001:db8:1:2::{number}") == "right"
    assert await pool.fetchval("SELECT count(*) FROM known_addresses") == 1
    for number in range(25):
        await attempt(on, victim.email, at=f"198.51.100.{number}")
    assert await attempt(on, victim.email, PASSWORD, at="2001:db8:1:2:ffff::9") == "right"
    assert await attempt(on, victim.email, PASSWORD, at="203.0.113.1") == "right"


async def test_a_network_of_ipv6_is_one_address(on: Accounts) -> None:
    email = new_address()
    ends = [await attempt(on, email, at=f"2001:db8::{number:x}") for number in range(7)]
    assert ends == ["wrong"] * 6 + ["locked"]


async def test_older_parameters_are_renewed_by_a_login(pool: Pool, database_url: str, tmp_path: Path) -> None:
    person = await add_person(pool, new_address())
    stronger = settings_of(database_url, tmp_path, password_memory_mib=24, password_rounds=3)
    async with open_accounts(pool, stronger, keeps=False) as on:
        assert await attempt(on, person.email, PASSWORD) == "right"
        renewed = extract_parameters(await pool.fetchval("SELECT password_hash FROM users"))
        assert (renewed.memory_cost, renewed.time_cost) == (24 * 1024, 3)
        assert await attempt(on, person.email, PASSWORD) == "right"


async def test_a_flood_of_passwords_is_refused_beyond_its_bound() -> None:
    passwords = Passwords(memory_mib=19, rounds=2, workers=1)
    try:
        results = await asyncio.gather(
            *(passwords.check("x", None) for _ in range(WAITING_PER_WORKER + 11)), return_exceptions=True
        )
    finally:
        passwords.close()
    assert sum(isinstance(result, Overloaded) for result in results) == 10
    assert sum(getattr(result, "right", None) is False for result in results) == WAITING_PER_WORKER + 1


def test_locks_never_shrink_and_are_bounded() -> None:
    for counted in ("pair", "account", "address", "mail"):
        waits = [lock_for(counted, failures) for failures in range(2000)]
        told = [wait.total_seconds() if wait else 0.0 for wait in waits]
        assert told == sorted(told)
        assert told[-1] == 900
