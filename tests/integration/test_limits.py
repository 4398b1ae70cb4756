"""Rate limits in memory and through a real Redis: never more than the limit, whoever asks and whatever falls out."""

import asyncio
import math
from collections.abc import AsyncIterator
from time import monotonic, perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.cache import limits
from lib.cache import redis as cache
from lib.cache.limits import Budget, MemoryLimits, Take
from lib.cache.redis import RedisLink, open_redis
from lib.cache.shared_limits import SharedLimits
from tests.support.redis import RedisServer

READS = Budget("reads", 10, 60)


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(limits, "monotonic", clock)
    return clock


def test_a_bucket_is_had_at_once_and_fills_evenly(clock: _Clock) -> None:
    memory = MemoryLimits()
    told = [memory.take_now([Take("a", READS)]) for _ in range(11)]
    assert [verdict.remaining for verdict in told] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert [verdict.allowed for verdict in told] == [True] * 10 + [False]
    assert told[-1].retry_s == pytest.approx(6)
    assert told[-1].full_s == pytest.approx(60)
    clock.now += 6
    assert memory.take_now([Take("a", READS)]).allowed
    assert not memory.take_now([Take("a", READS)]).allowed
    assert memory.take_now([Take("b", READS)]).remaining == 9
    clock.now += 600
    assert memory.take_now([Take("a", READS)]).remaining == 9


def test_what_is_refused_takes_nothing_from_the_other_bucket(clock: _Clock) -> None:
    memory = MemoryLimits()
    one = Budget("one", 1, 60)
    both = [Take("wide", READS), Take("narrow", one)]
    assert memory.take_now(both).budget is one
    for _ in range(5):
        refused = memory.take_now(both)
        assert (refused.allowed, refused.budget) == (False, one)
    assert memory.take_now([Take("wide", READS)]).remaining == 8


@given(
    quota=st.integers(1, 50),
    window=st.floats(0.5, 3600),
    steps=st.lists(st.floats(0, 100), min_size=1, max_size=200),
)
def test_never_more_than_the_quota_and_what_filled_in(quota: int, window: float, steps: list[float]) -> None:
    clock = _Clock()
    budget = Budget("any", quota, window)
    memory = MemoryLimits()
    allowed: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "monotonic", clock)
        for step in steps:
            clock.now += step
            verdict = memory.take_now([Take("a", budget)])
            if verdict.allowed:
                allowed.append(clock.now)
            else:
                assert verdict.retry_s <= budget.interval_s + 1e-6
    for first, begun in enumerate(allowed):
        for last in range(first, len(allowed)):
            filled = (allowed[last] - begun) / window * quota
            assert last - first + 1 <= math.floor(quota + filled + 0.01)


def test_memory_stays_bounded_and_who_was_seen_lately_stays_known() -> None:
    memory = MemoryLimits(most=1000)
    for _ in range(10):
        memory.take_now([Take("busy", READS)])
    for number in range(5000):
        memory.take_now([Take(f"once:{number}", READS)])
        if number % 100 == 0:
            memory.take_now([Take("busy", READS)])
            memory.note("busy", memory._full_at("busy"))
    assert len(memory) <= 1002
    assert not memory.take_now([Take("busy", READS)]).allowed


@pytest.fixture
async def patient(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisLink]:
    """A link that does not take a busy machine for a Redis that went away."""
    for name in ("CONNECT_S", "ANSWER_S"):
        monkeypatch.setattr(cache, name, 60.0)
    async with open_redis(redis_url, application="insitechart-test") as link:
        yield link


async def test_redis_gives_a_bucket_once_to_many_who_ask_at_once(patient: RedisLink) -> None:
    slow = Budget("slow", 100, 3600)
    processes = [SharedLimits(patient) for _ in range(4)]
    wanted = [Take("user:1", slow)]
    told = await asyncio.gather(*(processes[number % 4].take(wanted) for number in range(1000)))
    assert sum(verdict.allowed for verdict in told) == 100
    assert sorted(verdict.remaining for verdict in told if verdict.allowed) == list(range(100))
    refused = next(verdict for verdict in told if not verdict.allowed)
    assert refused.retry_s == pytest.approx(36, abs=3)
    assert (await patient.client.pttl("insitechart:limits:user:1")) == pytest.approx(3_600_000, rel=0.01)


async def test_two_buckets_are_taken_from_together_or_not_at_all(redis: RedisLink) -> None:
    wide, narrow = Budget("wide", 10, 3600), Budget("narrow", 2, 3600)
    one, other = SharedLimits(redis), SharedLimits(redis)
    both = [Take("user", wide), Take("key", narrow)]
    told = [await limit.take(both) for limit in (one, other, one, other, one)]
    assert [verdict.allowed for verdict in told] == [True, True, False, False, False]
    assert told[-1].budget is narrow
    assert (await one.take([Take("user", wide)])).remaining == 7


async def test_a_bucket_fills_by_the_clock_of_redis(redis: RedisLink) -> None:
    quick = Budget("quick", 5, 0.5)
    shared = SharedLimits(redis)
    wanted = [Take("a", quick)]
    begun, allowed = monotonic(), 0
    while monotonic() - begun < 1.2:
        allowed += (await shared.take(wanted)).allowed
        await asyncio.sleep(0.001)
    passed = monotonic() - begun
    assert 5 + (passed - 0.3) * 10 * 0.7 <= allowed <= 5 + passed * 10


async def test_without_redis_each_process_counts_for_itself_and_nobody_is_locked_out(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "RETRY_S", 0.1)
    budget = Budget("reads", 20, 3600)
    wanted = [Take("a", budget)]
    async with open_redis(own_redis.url, application="test") as link:
        shared = SharedLimits(link)
        for _ in range(5):
            assert (await shared.take(wanted)).allowed
        own_redis.kill()
        # it goes on where Redis was
        assert (await shared.take(wanted)).remaining == 14
        assert link.state == "away"
        told = [await shared.take(wanted) for _ in range(20)]
        assert sum(verdict.allowed for verdict in told) == 14
        own_redis.start()
        async with asyncio.timeout(10):
            while link.state == "away":
                await shared.take([Take("b", budget)])
                await asyncio.sleep(0.02)
        # a Redis that was started anew knows no script, and no bucket
        assert (await shared.take([Take("c", budget)])).remaining == 19


async def test_many_questions_go_together(redis: RedisLink) -> None:
    shared = SharedLimits(redis)
    budget = Budget("reads", 1_000_000, 60)
    await shared.take([Take("warm", budget)])
    before = (await redis.client.info("stats"))["total_commands_processed"]
    begun = perf_counter()
    told = await asyncio.gather(*(shared.take([Take(f"user:{number % 50}", budget)]) for number in range(2000)))
    assert perf_counter() - begun < 2
    assert all(verdict.allowed for verdict in told)
    calls = (await redis.client.info("stats"))["total_commands_processed"] - before
    # each script counts its own reads and writes as commands, so the calls are what is left
    assert calls < 2000 * 2 + 2000 // 256 * 2 + 20
