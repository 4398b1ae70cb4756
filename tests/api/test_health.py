"""Probes, metrics, and a database that goes away and comes back while the application runs."""

import asyncio
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.checks import Checks, Part
from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.db.pool import Pool, open_pool
from lib.postgres.server import running_server
from lib.settings import Settings
from tests.support import seed
from tests.support.accounts import become

Client = AsyncTestClient[Litestar]


async def test_probes_answer_at_the_root_and_in_the_api(client: Client) -> None:
    for prefix in ("", "/api/v1"):
        assert (await client.get(f"{prefix}/health/live")).json() == {"status": "ok"}
        for path in ("/health", "/health/ready"):
            answer = await client.get(f"{prefix}{path}")
            assert (answer.status_code, answer.json()["status"]) == (200, "ok")
            assert answer.json()["parts"]["database"]["state"] == "ok"


async def test_metrics_count_requests_by_route_and_not_by_path(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    await client.get("/api/v1/stocks/AAPL")
    await client.get("/api/v1/no-such-thing-at-all")
    text = (await client.get("/metrics")).text
    assert 'insitechart_http_requests_total{method="GET",route="/api/v1/stocks/{symbol}",status="200"}' in text
    assert 'route="unmatched",status="404"' in text
    assert "no-such-thing" not in text
    assert "insitechart_build_info{version=" in text
    assert 'insitechart_database_pool_connections{state="open"}' in text
    assert "insitechart_http_request_duration_seconds_bucket" in text


async def test_an_old_schema_is_not_ready(pool: Pool, client: Client) -> None:
    await pool.execute("DELETE FROM migrations WHERE name = '0006_accounts_kept'")
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert "0006_accounts_kept" in answer.json()["parts"]["database"]["detail"]


async def test_it_survives_a_restart_of_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.measured.FRESH_S", 0)
    monkeypatch.setattr("api.measured._SHARE", float("inf"))
    async with running_server(tmp_path) as server:
        await create_database(server.url("postgres"), "kept")
        await migrate(server.url("kept"))
        url = server.url("kept")
        async with (
            open_pool(url, application="insitechart-test") as pool,
            AsyncTestClient(create_app(Settings(database_url=url))) as client,
        ):
            await become(client, pool, "operator")
            assert (await client.get("/api/v1/operations/sources")).status_code == 200
            assert (await client.get("/api/v1/stocks/AAPL")).status_code == 404
            assert "insitechart_source_metrics_up 1.0" in (await client.get("/metrics")).text
            await server.stop()
            ready = await client.get("/health/ready")
            assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
            assert ready.json()["parts"]["database"]["state"] == "unavailable"
            assert (await client.get("/health/live")).status_code == 200
            metrics = await client.get("/metrics")
            assert metrics.status_code == 200
            assert "insitechart_source_metrics_up 0.0" in metrics.text
            assert "insitechart_score_queue_posts" not in metrics.text
            paths = ["stocks/AAPL", "stocks?q=apple", "stocks/AAPL/bars", "sentiment/AAPL", "sentiment/trending"]
            operations = ["sources", "coverage", "cursors", "gaps", "spend"]
            for path in [*paths, *(f"operations/{name}" for name in operations)]:
                away = await client.get(f"/api/v1/{path}")
                assert (away.status_code, away.json()["type"]) == (503, "urn:insitechart:database-unavailable")
                assert int(away.headers["retry-after"]) > 0
            await asyncio.to_thread(server.start)
            await server.ready()
            assert (await client.get("/health/ready")).status_code == 200
            assert (await client.get("/api/v1/stocks/AAPL")).status_code == 404
            for name in operations:
                assert (await client.get(f"/api/v1/operations/{name}")).status_code == 200
            assert "insitechart_source_metrics_up 1.0" in (await client.get("/metrics")).text


async def test_secret_keys_that_cannot_be_read_again_are_told_and_no_path_with_them(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, home=tmp_path)
    async with AsyncTestClient(create_app(settings)) as client:
        assert (await client.get("/health/ready")).json()["parts"]["keys"]["state"] == "ok"
        keys = tmp_path / "secrets" / "keys"
        before = keys.read_text()
        keys.write_text("broken")
        async with asyncio.timeout(5):
            while (part := (await client.get("/health/ready")).json()["parts"]["keys"])["state"] == "ok":  # noqa: ASYNC110 - the file is looked at once a second
                await asyncio.sleep(0.05)
        assert part["state"] == "degraded"
        assert str(tmp_path) not in part["detail"]
        keys.write_text(before)
        async with asyncio.timeout(5):
            while (await client.get("/health/ready")).json()["status"] != "ok":  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)


async def test_changes_that_are_not_heard_of_are_told(client: Client, app: Litestar) -> None:
    ready = await client.get("/health/ready")
    assert ready.json()["parts"]["changes"]["state"] == "ok"
    app.state.heard.trust(lambda: False)
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["parts"]["changes"]["state"] == "degraded"


async def test_many_probes_at_once_ask_once() -> None:
    asked, answer = 0, asyncio.Event()

    async def check() -> Part:
        nonlocal asked
        asked += 1
        await answer.wait()
        return Part("ok")

    checks = Checks()
    checks.add("slow", check)
    probes = [asyncio.create_task(checks.all()) for _ in range(20)]
    await asyncio.sleep(0)
    probes[0].cancel()
    answer.set()
    assert all([(await probe)["slow"].state == "ok" for probe in probes[1:]])
    assert asked == 1
    await checks.all()
    assert asked == 2
