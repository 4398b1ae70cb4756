"""Turns and money as many workers share them: kept by the database, whoever asks and whoever dies."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lib.collect.access import SharedAccess
from lib.db.asking.paces import pause, take_turn
from lib.db.asking.spend import spend_by_day
from lib.db.pool import Pool, open_pool
from lib.domain.spend import Budget
from lib.errors import OverBudget, RateLimited
from lib.sources.access import Rate

SPACING = timedelta(seconds=60)
NEAR = timedelta(seconds=20)


async def turns(
    *pools: Pool, count: int, burst: int = 1, host: str = "h", patience: timedelta = SPACING * 99
) -> list[timedelta]:
    """The waits that `count` callers at once are told, shortest first."""
    asked = (
        take_turn(pools[number % len(pools)], host, "c", spacing=SPACING, burst=burst, patience=patience)
        for number in range(count)
    )
    return sorted(wait for taken, wait in await asyncio.gather(*asked) if taken)


async def test_workers_at_once_get_turns_one_after_the_other(pool: Pool, database_url: str) -> None:
    async with open_pool(database_url, application="another-worker") as other:
        waits = await turns(pool, other, count=12)
    assert len(waits) == 12
    assert all(abs(wait - SPACING * place) < NEAR for place, wait in enumerate(waits))


async def test_a_rested_bucket_allows_a_burst_and_then_the_rate(pool: Pool) -> None:
    waits = await turns(pool, count=8, burst=5)
    assert waits[:5] == [timedelta(0)] * 5
    assert all(abs(wait - SPACING * place) < NEAR for place, wait in enumerate(waits[5:], start=1))


async def test_who_would_wait_too_long_takes_no_turn(pool: Pool) -> None:
    assert len(await turns(pool, count=9, patience=SPACING * 2)) == 3
    assert abs((await turns(pool, count=1))[0] - SPACING * 3) < NEAR


async def test_hosts_and_credentials_have_buckets_of_their_own(pool: Pool) -> None:
    await turns(pool, count=3)
    taken, wait = await take_turn(pool, "h", "other key", spacing=SPACING, burst=1, patience=timedelta(0))
    assert (taken, wait) == (True, timedelta(0))
    assert await turns(pool, count=1, host="other host") == [timedelta(0)]


async def test_a_pause_holds_everybody_back_and_then_lets_them_go_one_by_one(pool: Pool) -> None:
    hour = timedelta(hours=1)
    await pause(pool, "h", "c", spacing=SPACING, burst=5, until=datetime.now(UTC) + hour)
    waits = await turns(pool, count=3, burst=5)
    assert all(abs(wait - hour - SPACING * place) < NEAR for place, wait in enumerate(waits))
    await pause(pool, "h", "c", spacing=SPACING, burst=5, until=datetime.now(UTC))
    assert (await turns(pool, count=1, burst=5))[0] > hour, "an earlier moment shortens no pause"


async def test_an_access_says_until_when_it_may_not_ask(pool: Pool) -> None:
    access = SharedAccess(pool, "x", "key", prices={}, budget=Budget())
    until = datetime.now(UTC) + timedelta(minutes=15)
    await access.pause("api.x.com", Rate(1), until)
    with pytest.raises(RateLimited, match=r"api\.x\.com") as told:
        await access.turn("api.x.com", Rate(1), patience_s=20)
    assert told.value.until is not None
    assert abs(told.value.until - until) < NEAR
    await SharedAccess(pool, "x", "another", prices={}, budget=Budget()).turn("api.x.com", Rate(1), patience_s=0)


def spender(pool: Pool, *, day: str | None = "1", month: str | None = None, most: int | None = None) -> SharedAccess:
    """Posts cost half a cent."""
    budget = Budget(
        day=None if day is None else Decimal(day),
        month=None if month is None else Decimal(month),
        units_month={} if most is None else {"posts": most},
    )
    return SharedAccess(pool, "x", "key", prices={"posts": Decimal("0.005")}, budget=budget)


async def test_callers_at_once_never_exceed_the_budget(pool: Pool, database_url: str) -> None:
    async with open_pool(database_url, application="another-worker") as other:
        accesses = [spender(pool), spender(other)]

        async def buy(number: int) -> int:
            try:
                async with accesses[number % 2].paying("posts", 30) as receipt:
                    receipt.used(30 if number % 3 else 10)
                    return 30 if number % 3 else 10
            except OverBudget:
                return 0

        bought = sum(await asyncio.gather(*(buy(number) for number in range(40))))
    (row,) = await spend_by_day(pool, since=datetime.now(UTC).date())
    assert row.units == bought <= 200
    assert row.dollars == bought * Decimal("0.005") <= 1
    assert bought > 200 - 30


async def test_a_refusal_asks_nothing_and_says_what_is_spent(pool: Pool) -> None:
    async with spender(pool).paying("posts", 150):
        pass
    with pytest.raises(
        OverBudget, match=r"100 posts would cost \$0\.50 and \$0\.75 of the \$1\.00 for today are spent"
    ):
        async with spender(pool).paying("posts", 100):
            pytest.fail("asked all the same")
    with pytest.raises(OverBudget, match="this month"):
        async with spender(pool, day=None, month="1").paying("posts", 100):
            pytest.fail("asked all the same")
    with pytest.raises(OverBudget, match="of the 200 posts for this month"):
        async with spender(pool, day=None, most=200).paying("posts", 100):
            pytest.fail("asked all the same")


async def test_who_dies_while_asking_leaves_the_whole_price_spent(pool: Pool) -> None:
    with pytest.raises(ConnectionResetError):
        async with spender(pool).paying("posts", 100):
            raise ConnectionResetError
    (row,) = await spend_by_day(pool, since=datetime.now(UTC).date())
    assert (row.units, row.dollars, row.calls) == (100, Decimal("0.5"), 1)


async def test_a_provider_that_delivers_more_is_paid_all_the_same(pool: Pool) -> None:
    async with spender(pool).paying("posts", 10) as receipt:
        receipt.used(12)
    (row,) = await spend_by_day(pool, since=datetime.now(UTC).date())
    assert (row.units, row.dollars) == (12, Decimal("0.06"))
