"""The link to Redis: it falls out and comes back without anybody waiting for it twice, and without silence."""

import asyncio
import os
from time import perf_counter

import pytest

from lib.cache import redis as cache
from lib.cache.redis import RedisLink, key, open_redis
from lib.config_places import places, variable
from lib.errors import ConfigurationError, RedisAway
from lib.metrics import REDIS_FAILURES, REDIS_UP
from lib.settings import Settings
from tests.support.redis import RedisServer


def _failures() -> float:
    return float(REDIS_FAILURES.labels("test")._value.get())


async def test_it_answers(redis: RedisLink) -> None:
    with redis.asking("test") as client:
        await client.set(key("test", "1"), b"\x00\xff")
        assert await client.get("insitechart:test:1") == b"\x00\xff"
    assert redis.state == "ok"


async def test_killed_it_fails_at_once_and_is_found_again(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "RETRY_S", 0.2)
    async with open_redis(own_redis.url, application="test") as link:
        own_redis.kill()
        before = _failures()
        with pytest.raises(RedisAway, match="cannot be used"), link.asking("test") as client:
            await client.ping()
        assert (link.state, REDIS_UP._value.get()) == ("away", 0)
        begun = perf_counter()
        for _ in range(100):
            with pytest.raises(RedisAway), link.asking("test"):
                raise AssertionError("nobody asks what is known to be away")
        assert perf_counter() - begun < 2
        assert _failures() == before + 101
        own_redis.start()
        async with asyncio.timeout(10):
            while link.state == "away":
                await asyncio.sleep(0.05)
                if link.worth_asking:
                    with link.asking("test") as client:
                        await client.ping()
        assert (link.failure, REDIS_UP._value.get()) == ("", 1)


async def test_a_connection_that_was_cut_while_nobody_used_it_costs_no_failure(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.url, application="test") as link:
        own_redis.kill()
        own_redis.start()
        await asyncio.sleep(0.01)  # one round of the loop, which hears that the connection was closed
        with link.asking("test") as client:
            assert await client.ping()
        assert link.state == "ok"


async def test_one_that_hangs_is_away_within_its_time(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ANSWER_S", 0.1)
    async with open_redis(own_redis.url, application="test") as link:
        own_redis.pause()
        begun = perf_counter()
        with pytest.raises(RedisAway), link.asking("test") as client:
            await client.get("x")
        assert perf_counter() - begun < 1
        own_redis.resume()
        assert await link.check() == "ok"


async def test_one_that_is_away_from_the_start_is_no_error(unused_tcp_port: int) -> None:
    async with open_redis(f"redis://someone:secret@127.0.0.1:{unused_tcp_port}/0", application="test") as link:
        assert link.state == "away"
        with pytest.raises(RedisAway) as refused, link.asking("test"):
            pass
        assert "secret" not in str(refused.value)


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="INSITECHART_REDIS_URL"):
        async with open_redis("http://127.0.0.1", application="test"):
            pass


@pytest.mark.parametrize("name", ["INSITECHART_REDIS_URL", "REDIS_URL"])
def test_both_names_of_the_setting_are_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("INSITECHART_REDIS_URL", "REDIS_URL"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setitem(os.environ, name, "redis://there/0")
    found = Settings().redis_url
    assert found is not None
    assert found.get_secret_value() == "redis://there/0"
    assert places(Settings)["redis_url"].name == name
    assert variable(Settings, "redis_url") == "INSITECHART_REDIS_URL"


def test_our_own_name_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://theirs/0")
    monkeypatch.setenv("INSITECHART_REDIS_URL", "redis://ours/0")
    found = Settings().redis_url
    assert found is not None
    assert found.get_secret_value() == "redis://ours/0"
