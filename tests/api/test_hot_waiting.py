"""Many who wait for one answer: it is computed once, whoever of them goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from api.hot.flights import Flights
from lib.db.pool import Pool
from tests.support import seed
from tests.support.hot import Hot, Statements

BARS = "/stocks/AAPL/bars"


@asynccontextmanager
async def _nobody_reads(pool: Pool) -> AsyncIterator[None]:
    """Until left, every read of listings waits."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE symbols IN ACCESS EXCLUSIVE MODE")
        yield


async def test_many_who_wait_share_one_question(pool: Pool, hot: Hot, statements: Statements) -> None:
    await seed.add_symbol(pool, "AAPL")
    async with _nobody_reads(pool):
        waiting = [asyncio.create_task(hot.get(BARS)) for _ in range(50)]
        await statements.reach(1)
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(statements) == 1


async def test_a_first_one_who_goes_away_takes_nothing_from_the_others(
    pool: Pool, hot: Hot, statements: Statements
) -> None:
    await seed.add_symbol(pool, "AAPL")
    async with _nobody_reads(pool):
        first = asyncio.create_task(hot.get(BARS))
        await statements.reach(1)
        others = [asyncio.create_task(hot.get(BARS)) for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    assert [answer.status_code for answer in await asyncio.gather(*others)] == [200] * 5
    assert len(statements) == 1


async def test_a_change_meanwhile_is_not_missed(pool: Pool, hot: Hot, statements: Statements) -> None:
    await seed.add_symbol(pool, "AAPL")
    async with _nobody_reads(pool):
        early = asyncio.create_task(hot.get(BARS))
        await statements.reach(1)
        hot.versions.bump("AAPL")
        late = asyncio.create_task(hot.get(BARS))
        await statements.reach(2)
    await asyncio.gather(early, late)
    # the early answer may have been made of what was there before: it is not the one that is kept
    await hot.get(BARS)
    assert len(statements) == 2


async def test_a_refusal_is_told_to_each_with_its_own_name(pool: Pool, hot: Hot, statements: Statements) -> None:
    await seed.add_symbol(pool, "MSFT")
    async with _nobody_reads(pool):
        waiting = [asyncio.create_task(hot.get(BARS, x_request_id=f"r{n}")) for n in range(5)]
        await statements.reach(1)
    answers = await asyncio.gather(*waiting)
    assert [answer.status_code for answer in answers] == [404] * 5
    assert [answer.json()["request_id"] for answer in answers] == [f"r{n}" for n in range(5)]


async def test_what_goes_wrong_is_told_to_all_and_over_at_once() -> None:
    flights: Flights[int] = Flights()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    for _ in range(2):
        results = await asyncio.gather(*(flights.join("key", fail) for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [ValueError] * 3
    assert len(flights) == 0
