"""Two processes' applications on one Redis: what one computed the other gives out, and a Redis that goes away is missed
by nobody.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from lib.db.pool import Pool
from tests.support import seed
from tests.support.hot import Hot, Statements, hot_app
from tests.support.redis import RedisServer
from tests.support.versions import CountedVersions

BARS = "/stocks/AAPL/bars"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@asynccontextmanager
async def _two(database_url: str, redis_url: str, *, same: bool = True) -> AsyncIterator[tuple[Hot, Hot]]:
    numbers = [CountedVersions("here"), CountedVersions("here" if same else "there")]
    async with (
        hot_app(database_url, versions=numbers[0], redis_url=redis_url) as one,
        hot_app(database_url, versions=numbers[1], redis_url=redis_url) as two,
    ):
        yield one, two


async def _apple(pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL")
    for day in range(1, 28):
        await seed.add_bar(pool, "AAPL", MONDAY.replace(day=day), 187.5 + day)


async def _settled(hot: Hot) -> None:
    """Until what was computed has reached Redis."""
    await hot.client._transport.app.state.shared_answers.settle()  # type: ignore[attr-defined]


async def test_what_one_computed_the_other_gives_out(
    pool: Pool, database_url: str, redis_url: str, statements: Statements
) -> None:
    await _apple(pool)
    as_of = f"{BARS}?as_of={(await seed.now(pool)).isoformat().replace('+00:00', 'Z')}"
    async with _two(database_url, redis_url) as (one, two):
        for path in (BARS, as_of):
            first = await one.get(path)
            await _settled(one)
            asked = len(statements)
            for accepted in ("identity", "zstd"):
                second = await two.get(path, accept_encoding=accepted)
                assert second.content == first.content
            assert (await two.get(path)).headers["etag"] == first.headers["etag"]
            assert len(statements) == asked


async def test_a_change_that_one_has_heard_of_is_not_hidden_by_what_the_other_kept(
    pool: Pool, database_url: str, redis_url: str
) -> None:
    await _apple(pool)
    async with _two(database_url, redis_url) as (one, two):
        await one.get(BARS)
        await _settled(one)
        await seed.add_bar(pool, "AAPL", MONDAY, 1)
        two.versions.bump("AAPL")
        assert 1 in (await two.get(BARS)).json()["close"]
        assert 1 not in (await one.get(BARS)).json()["close"]
        one.versions.bump("AAPL")
        assert 1 in (await one.get(BARS)).json()["close"]


async def test_numbers_of_another_origin_mean_nothing_here(
    pool: Pool, database_url: str, redis_url: str, statements: Statements
) -> None:
    await _apple(pool)
    async with _two(database_url, redis_url, same=False) as (one, two):
        await one.get(BARS)
        await _settled(one)
        asked = len(statements)
        await two.get(BARS)
        assert len(statements) > asked


async def test_two_who_need_the_same_ask_the_database_once(
    pool: Pool, database_url: str, redis_url: str, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.cache.shared_answers.PATIENCE_S", 20)
    await _apple(pool)
    async with _two(database_url, redis_url) as (one, two):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE symbols IN ACCESS EXCLUSIVE MODE")
            waiting = [asyncio.create_task(hot.get(BARS)) for hot in (one, two, one, two)]
            await statements.reach(1)
        answers = await asyncio.gather(*waiting)
    assert len({answer.content for answer in answers}) == 1
    assert len(statements) == 1


async def test_who_computes_and_never_finishes_holds_up_nobody_for_long(
    pool: Pool, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.cache.shared_answers.PATIENCE_S", 0.05)
    await _apple(pool)
    async with _two(database_url, redis_url) as (one, two):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE symbols IN ACCESS EXCLUSIVE MODE")
            waiting = [asyncio.create_task(hot.get(BARS)) for hot in (one, two)]
            await asyncio.sleep(0.2)
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]


async def test_a_redis_that_dies_hangs_or_returns_costs_a_computation_and_no_error(
    pool: Pool, database_url: str, own_redis: RedisServer
) -> None:
    await _apple(pool)
    async with _two(database_url, own_redis.url) as (one, two):
        first = await one.get(BARS)
        own_redis.kill()
        for hot in (one, two):
            hot.versions.bump("AAPL")
            assert (await hot.get(BARS)).content == first.content
        own_redis.start()
        own_redis.pause()
        for hot in (one, two):
            hot.versions.bump("AAPL")
            assert (await hot.get(BARS)).content == first.content
        own_redis.resume()
        for hot in (one, two):
            hot.versions.bump("AAPL")
            assert (await hot.get(BARS)).content == first.content


async def test_without_a_redis_at_the_start_answers_are_computed(
    pool: Pool, database_url: str, unused_tcp_port: int
) -> None:
    await _apple(pool)
    async with hot_app(database_url, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0") as hot:
        assert (await hot.get(BARS)).status_code == 200
