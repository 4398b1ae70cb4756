"""What Prometheus is told of the sources: read from the database, seldom, and never at the price of a scrape."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed

Client = AsyncTestClient[Litestar]

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("declared")


@pytest.fixture
async def scraped(database_url: str) -> AsyncIterator[Client]:
    """An installation where the paid source has no token."""
    settings = Settings(database_url=database_url, x_budget_day=Decimal("2.5"), x_budget_month=Decimal(20))
    async with AsyncTestClient(create_app(settings), raise_server_exceptions=False) as opened:
        yield opened


async def scrape(client: Client) -> dict[str, float]:
    """Every sample, as `name{label values}`, the source first, and without the prefix of all our names."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return {
        f"{sample.name.removeprefix('insitechart_')}{{{','.join(_in_order(sample.labels))}}}": sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _in_order(labels: dict[str, str]) -> list[str]:
    return [labels[name] for name in ("source", *sorted(labels.keys() - {"source"})) if name in labels]


async def test_every_source_is_measured(pool: Pool, scraped: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_symbol(pool, "AAPL")
    await seed.add_scorer(pool)
    for number, age in enumerate((10, 20, 300)):
        published = now - timedelta(seconds=age)
        post = await seed.add_post(pool, "AAPL", published, external_id=str(number), source="free")
    await seed.add_post(pool, "AAPL", now - timedelta(days=400), external_id="from a file", source="free")
    await seed.make_due(pool, post, now - MINUTE)
    await pool.execute("INSERT INTO score_queue VALUES ($1, clock_timestamp() - INTERVAL '1 minute')", post)
    await seed.add_coverage(pool, "free", "posts/a", now)
    await seed.add_coverage(pool, "free", "posts/b", now, state="unavailable", reason="no network", received=0)
    await seed.add_coverage(pool, "free", "news/a", now - 90 * MINUTE, state="empty", received=0)
    await pool.execute("UPDATE coverage SET observed_at = observed_at - INTERVAL '90 minutes' WHERE stream = 'news/a'")
    await seed.add_circuit(pool, "free", "", "It is private.", scope="posts/c")
    await seed.add_gap(pool, "free", "posts/a", now)
    await seed.add_gap(pool, "gone", "posts/a", now, state="lost")
    await seed.add_spend(pool, "paid", now.date(), "0.305")
    found = await scrape(scraped)
    assert found["source_metrics_up{}"] == 1
    assert (found["source_enabled{paid}"], found["source_enabled{free}"]) == (0, 1)
    assert [found[f"source_streams{{free,posts,{state}}}"] for state in ("ok", "unavailable", "denied")] == [1, 1, 0]
    assert found["source_streams{free,news,empty}"] == 1
    assert found["source_last_success_timestamp_seconds{free,posts}"] == pytest.approx(now.timestamp(), abs=30)
    assert found["source_last_success_timestamp_seconds{free,news}"] == pytest.approx(now.timestamp() - 5400, abs=30)
    assert (found["source_asked_recently{free,posts}"], found["source_received_recently{free,posts}"]) == (20, 7)
    assert "source_asked_recently{free,news}" not in found
    assert found["source_freshness_median_seconds{free}"] == pytest.approx(20, abs=10)
    assert found["source_freshness_p95_seconds{free}"] == pytest.approx(272, abs=15)
    assert (found["source_spend_dollars{paid,day}"], found["source_spend_dollars{paid,month}"]) == (0.305, 0.305)
    assert (found["source_budget_dollars{paid,day}"], found["source_budget_dollars{paid,month}"]) == (2.5, 20)
    assert found["source_spend_forecast_dollars{paid}"] >= 0.3
    assert "source_spend_dollars{free,day}" not in found
    assert (found["source_circuit_open{free}"], found["source_circuit_open{paid}"]) == (1, 0)
    assert (found["source_gaps{free,open}"], found["source_gaps{free,lost}"], found["source_gaps{gone,lost}"]) == (
        1,
        0,
        1,
    )
    assert (found["source_verifications_overdue{free}"], found["source_verifications_overdue{paid}"]) == (1, 0)
    assert found["posts_stored_total{free}"] == 4
    assert found["score_queue_posts{}"] == 1
    assert found["score_queue_oldest_age_seconds{}"] == pytest.approx(60, abs=30)


async def test_the_database_is_read_seldom_however_often_it_is_scraped(
    pool: Pool, scraped: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await scrape(scraped))["source_gaps{free,open}"] == 0
    await seed.add_gap(pool, "free", "posts/a", datetime.now(UTC))
    assert (await scrape(scraped))["source_gaps{free,open}"] == 0
    monkeypatch.setattr("api.measured.monotonic", lambda: float("inf"))
    assert (await scrape(scraped))["source_gaps{free,open}"] == 1


async def test_a_database_that_does_not_answer_holds_up_no_scrape(
    pool: Pool, scraped: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.measured.FRESH_S", 0)
    monkeypatch.setattr("api.measured.PATIENCE_S", 0.2)
    monkeypatch.setattr("api.measured._SHARE", float("inf"))
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("LOCK TABLE coverage")
        held_up = await scrape(scraped)
        assert held_up["source_metrics_up{}"] == 0
        assert "source_enabled{free}" not in held_up
        assert held_up["score_queue_posts{}"] == 0
        assert "http_requests_under_way{}" in held_up
    monkeypatch.setattr("api.measured.PATIENCE_S", 10)
    assert (await scrape(scraped))["source_metrics_up{}"] == 1


async def test_a_schema_that_is_too_old_breaks_no_scrape(pool: Pool, scraped: Client) -> None:
    await pool.execute("ALTER TABLE gaps RENAME TO holes")
    assert (await scrape(scraped))["source_metrics_up{}"] == 0
