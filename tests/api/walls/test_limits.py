"""Rate limits of requests: whose budget, what is said of it, and never more than the limit in four processes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic, process_time
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.types import Receive, Scope, Send

from api.walls.guesses import Guesses
from api.walls.limits import Budgets, Kind, RateLimits, budgets, kind_of
from lib.cache.limits import MemoryLimits
from lib.db.pool import Pool
from lib.domain.users import Principal
from lib.settings import Settings
from tests.support import seed
from tests.support.redis import RedisServer
from tests.support.servers import api_processes

SOMEONE = Principal(UUID(int=1), "user", frozenset({"read"}), "token")
KEY = Principal(UUID(int=1), "user", frozenset({"read"}), "api-key", UUID(int=7))
OTHER_KEY = Principal(UUID(int=1), "user", frozenset({"read"}), "api-key", UUID(int=8))


def _small() -> Budgets:
    return budgets(
        anonymous={"reads": 3, "analyze": 2, "logins": 2, "refreshes": 3, "writes": 2},
        user={"reads": 6, "analyze": 4, "writes": 0},
        key_percent=50,
    )


async def _fine(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _client(limited: RateLimits, principal: Principal | None = None, peer: str = "192.0.2.1") -> httpx.AsyncClient:
    async def identified(scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {"principal": principal}
        await limited(scope, receive, send)

    transport = httpx.ASGITransport(identified, client=(peer, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
def limited() -> RateLimits:
    memory = MemoryLimits()
    return RateLimits(_fine, _small(), lambda: memory)


async def test_an_answer_tells_what_is_left_and_a_refusal_when_to_come_back(limited: RateLimits) -> None:
    async with _client(limited) as web:
        first = await web.get("/api/v1/stocks")
        assert first.headers["ratelimit-policy"] == '"address-reads";q=3;w=60'
        assert first.headers["ratelimit"] == '"address-reads";r=2;t=20'
        await web.get("/api/v1/stocks")
        await web.get("/api/v1/stocks")
        refused = await web.get("/api/v1/stocks")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["ratelimit"] == '"address-reads";r=0;t=20'
    problem = refused.json()
    assert problem["type"] == "urn:insitechart:too-many-requests"
    assert problem["detail"] == "This address has used its 3 reads a minute."


async def test_addresses_of_one_network_count_together_and_others_apart(limited: RateLimits) -> None:
    for peer in ("2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::3"):
        async with _client(limited, peer=peer) as web:
            assert (await web.get("/x")).status_code == 200
    for peer, status in [("2001:db8:1:2::9", 429), ("2001:db8:1:3::1", 200), ("192.0.2.9", 200)]:
        async with _client(limited, peer=peer) as web:
            assert (await web.get("/x")).status_code == status, peer


async def test_a_key_has_its_share_and_all_keys_the_budget_of_their_user(limited: RateLimits) -> None:
    async with _client(limited, KEY) as one, _client(limited, OTHER_KEY) as other, _client(limited, SOMEONE) as token:
        assert [(await one.get("/x")).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert [(await other.get("/x")).status_code for _ in range(2)] == [200, 200]
        assert [(await token.get("/x")).status_code for _ in range(2)] == [200, 429]
        assert (await other.get("/x")).json()["detail"] == "This user has used its 6 reads a minute."
    async with _client(limited) as stranger:
        assert (await stranger.get("/x")).status_code == 200


async def test_kinds_are_counted_apart_and_probes_not_at_all(limited: RateLimits) -> None:
    async with _client(limited) as web:
        assert [(await web.post("/api/v1/sentiment/analyze")).status_code for _ in range(3)] == [200, 200, 429]
        assert [(await web.post("/api/v1/users/token")).status_code for _ in range(3)] == [200, 200, 429]
        assert (await web.get("/api/v1/stocks")).status_code == 200
        for _ in range(20):
            for path in ("/health", "/health/live", "/api/v1/health/ready", "/metrics"):
                answer = await web.get(path)
                assert answer.status_code == 200
                assert "ratelimit" not in answer.headers
    async with _client(limited, SOMEONE) as web:
        # 0 is no limit
        for _ in range(20):
            assert (await web.put("/api/v1/users/me/watchlists")).status_code == 200


async def test_who_stays_logged_in_is_not_kept_out_by_those_who_log_in(limited: RateLimits) -> None:
    async with _client(limited) as web:
        assert [(await web.post("/api/v1/users/token")).status_code for _ in range(3)] == [200, 200, 429]
        assert [(await web.post("/api/v1/users/token/refresh")).status_code for _ in range(4)] == [200] * 3 + [429]
    # whoever is known counts by address here, too
    async with _client(limited, SOMEONE) as web:
        refused = await web.post("/api/v1/users/token/refresh")
    assert refused.json()["detail"] == "This address has used its 3 refreshes a minute."


@pytest.mark.parametrize(
    ("method", "path", "known", "kind"),
    [
        ("GET", "/api/v1/stocks", False, "reads"), ("HEAD", "/", False, "reads"),
        ("POST", "/api/v1/sentiment/analyze", True, "analyze"), ("POST", "/api/v1/users", False, "logins"),
        ("POST", "/api/v1/users/token/refresh", True, "refreshes"), ("DELETE", "/api/v1/users/me", True, "writes"),
        ("POST", "/api/v1/users/token/refresh/", False, "refreshes"), ("GET", "/metrics", False, None),
        ("POST", "/api/v1/users/token/revoke", True, "logins"),
        ("POST", "/api/v1/users/me/watchlists", False, "logins"),
        # a slash at the end opens no other budget, and what only begins like a probe is none
        ("POST", "/api/v1/sentiment/analyze/", True, "analyze"), ("GET", "/health/", False, None),
        ("GET", "/healthy", False, "reads"), ("GET", "/api/v1/metrics/x", False, "reads"),
    ],
)  # fmt: skip
def test_what_kind_a_request_is(method: str, path: str, known: bool, kind: Kind | None) -> None:
    assert kind_of(method, path, known=known) == kind


async def test_who_guesses_is_not_heard_for_a_while() -> None:
    async def suspicious(scope: Scope, receive: Receive, send: Send) -> None:
        right = (b"authorization", b"Bearer right") in scope["headers"]
        await send({"type": "http.response.start", "status": 200 if right else 401, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    guarded = Guesses(suspicious, 5)
    transport = httpx.ASGITransport(guarded, client=("192.0.2.1", 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
        right, wrong = {"Authorization": "Bearer right"}, {"Authorization": "Bearer wrong"}
        for _ in range(20):
            assert (await web.get("/x", headers=right)).status_code == 200
        assert [(await web.get("/x", headers=wrong)).status_code for _ in range(6)] == [401] * 5 + [429]
        assert int((await web.get("/x", headers=right)).headers["retry-after"]) > 0
        assert (await web.get("/x")).status_code == 401


async def test_a_check_in_memory_costs_a_few_microseconds() -> None:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        pass

    async def cost(app: Any, rounds: int = 5000) -> float:
        scope: Any = {"type": "http", "method": "GET", "path": "/api/v1/stocks/AAPL/bars", "state": {}}
        scope["client"] = ("192.0.2.1", 1)
        times = []
        for _ in range(5):
            begun = process_time()
            for _ in range(rounds):
                await app(scope, None, send)
            times.append((process_time() - begun) / rounds)
        return min(times)

    memory = MemoryLimits()
    wide = budgets(anonymous=dict.fromkeys(("reads", "analyze", "logins", "writes"), 10**9), user={}, key_percent=50)  # type: ignore[arg-type]
    limited = RateLimits(inner, wide, lambda: memory)
    # generous for a slow machine: it is about 4 µs
    assert await cost(limited) - await cost(inner) < 25e-6


@pytest.fixture
async def four(pool: Pool, database_url: str, redis_url: str) -> AsyncIterator[list[str]]:
    """Four processes on one database and one Redis, with 120 reads a minute."""
    await seed.add_symbol(pool, "AAPL")
    settings = {"database_url": database_url, "redis_url": redis_url, "limits_anonymous_reads": "120"}
    with api_processes(*[settings] * 4) as addresses:
        yield addresses


async def test_four_processes_never_allow_more_than_the_limit(four: list[str]) -> None:
    async with httpx.AsyncClient(timeout=60) as web:

        async def ask(number: int) -> int:
            return (await web.get(f"{four[number % 4]}/api/v1/stocks/AAPL")).status_code

        begun = monotonic()
        told = Counter[int]()
        for _ in range(10):
            told += Counter(await asyncio.gather(*(ask(number) for number in range(80))))
        passed = monotonic() - begun
        assert set(told) == {200, 429}
        assert 120 <= told[200] <= 120 + passed * 2 + 1
        ready = (await web.get(f"{four[0]}/health/ready")).json()
        assert (ready["status"], ready["parts"]["redis"]["state"]) == ("ok", "ok")


async def test_a_redis_that_dies_is_seen_and_locks_nobody_out(
    pool: Pool, database_url: str, own_redis: RedisServer, tmp_path: Path
) -> None:
    from litestar.testing import AsyncTestClient

    from api.app import create_app

    await seed.add_symbol(pool, "AAPL")
    settings = Settings(database_url=database_url, redis_url=own_redis.url, limits_anonymous_reads=30)
    async with AsyncTestClient(create_app(settings)) as client:
        assert (await client.get("/api/v1/stocks/AAPL")).headers["ratelimit"].startswith('"address-reads";r=29')
        own_redis.kill()
        told = [(await client.get("/api/v1/stocks/AAPL")).status_code for _ in range(31)]
        assert Counter(told) == {200: 29, 429: 2}
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["parts"]["redis"]["state"] == "degraded"
        assert str(own_redis.port) not in ready.text
        metrics = (await client.get("/metrics")).text
        assert "insitechart_redis_up 0.0" in metrics
        assert 'insitechart_redis_failures_total{use="limits"}' in metrics
        assert 'insitechart_rate_limited_total{budget="address-reads"}' in metrics
        own_redis.start()
        assert (await client.get("/health/ready")).json()["status"] == "ok"
