"""Every query of a dashboard and of an alert, asked of a real Prometheus that asks a real API with something of
everything in its database. What the API measures must be found; what exporters measure must have their names.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from lib.alerts.evaluate import evaluate
from lib.db.cursors import save_cursor
from lib.db.flow_runs import write_figures
from lib.db.pool import Pool, open_pool
from lib.domain.flow_runs import Figures
from lib.ports import free_port
from lib.postgres.server import PostgresServer
from lib.processes import spawn
from tests.support import recovery, seed
from tests.support.alerts import add_alert, add_user
from tests.support.api_process import running_api
from tests.support.databases import fresh_database
from tests.support.monitoring import (
    SHIPPED,
    Prometheus,
    dashboards,
    program,
    running_prometheus,
    shipped_alerts,
    until,
)
from tests.support.redis import RedisServer

NAME = re.compile(r"\b(?!\d)[a-zA-Z_:][\w:]*\b(?!\s*\()")
WORDS = frozenset({"and", "or", "unless", "by", "on", "bool", "group_left", "time"})
# Prometheus' own
OWN = frozenset({"up", "ALERTS"})
VARIABLES = {"$__rate_interval": "1m", "$service": ".*", "$source": ".*"}


class Query(NamedTuple):
    """An expression, where it stands, and the metrics that it needs."""

    place: str
    expression: str

    @property
    def names(self) -> set[str]:
        text = re.sub(r'"[^"]*"|\[[^\]]*\]', "", self.expression)
        text = re.sub(r"\{[^}]*\}|\b(by|on|group_left)\s*\([^)]*\)", " ", text)
        return set(NAME.findall(text)) - WORDS


def queries() -> list[Query]:
    """All of dashboards and alerts, with values for the dashboards' variables."""
    found = [Query(f"alert {alert.name}", alert.expression) for alert in shipped_alerts()]
    for board in dashboards():
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"]
                for variable, value in VARIABLES.items():
                    expression = expression.replace(variable, value)
                found.append(Query(f"{board['title']}, {panel['title']}", expression))
    return found


QUERIES = queries()


class Asked(NamedTuple):
    """A Prometheus that has asked an API, and what the API told: every name, and those that have values."""

    prometheus: Prometheus
    names: set[str]
    valued: set[str]


@pytest.fixture(scope="module")
async def filled(postgres: PostgresServer) -> AsyncIterator[str]:
    """The URL of a database with something of everything that is measured."""
    async with fresh_database(postgres) as url, open_pool(url, application="insitechart-test") as pool:
        await _fill(pool)
        yield url


@pytest.fixture(scope="module")
async def asked(
    filled: str, redis_of_the_session: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Asked]:
    program("prometheus", "prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    settings = {"x_bearer_token": "secret", "x_budget_day": "2", "x_budget_month": "20", "home": str(folder / "home")}
    async with running_api(filled, port, redis_url=redis_of_the_session.url, **settings) as api:
        async with httpx.AsyncClient(base_url=api.url) as client:
            for path in ("/api/v1/stocks/AAPL", "/api/v1/sentiment/AAPL", "/api/v1/nothing"):
                await client.get(path)
            text = (await client.get("/metrics")).text
        with running_prometheus(folder, {"insitechart-api": {"api": port}}, seconds=5) as prometheus:
            await asyncio.to_thread(
                until, 120, "two scrapes", lambda: prometheus.query("count_over_time(insitechart_backups[1m]) >= 2")
            )
            yield Asked(prometheus, *_names(text))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.place)
def test_prometheus_understands_it_and_the_api_has_what_it_asks_for(query: Query, asked: Asked) -> None:
    result = asked.prometheus.query(query.expression)
    known = asked.names | OWN | exporters()
    assert query.names <= known, query.names - known
    # whatever compares, or looks for errors, finds nothing where all is well
    looks_for_trouble = query.place.startswith("alert ") or re.search(r"> 0$|5\.\.|ALERTS", query.expression)
    if query.names <= asked.valued and not looks_for_trouble:
        assert result, query.expression


def test_every_metric_of_the_api_is_told_to_operators(asked: Asked) -> None:
    told = (SHIPPED.parents[1] / "docs" / "monitoring.md").read_text(encoding="utf-8")
    ours = {name.removeprefix("insitechart_") for name in asked.names if name.startswith("insitechart_")}
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in ours}
    assert {name for name in families if f"`{name}`" not in told and f"`{name}_total`" not in told} == set()


@pytest.mark.parametrize("exporter", ["node", "postgres", "redis"])
def test_an_exporter_has_what_is_asked_of_it(
    exporter: str, postgres: PostgresServer, redis_of_the_session: RedisServer, tmp_path: Path
) -> None:
    package = f"prometheus-{exporter}-exporter"
    url = f"http://127.0.0.1:{free_port()}"
    command = [program(package, package), f"--web.listen-address={url.removeprefix('http://')}"]
    if exporter == "redis":
        command.append(f"--redis.addr={redis_of_the_session.url}")
    environment = {"PATH": "/usr/bin:/bin", "DATA_SOURCE_NAME": f"{postgres.url('postgres')}?sslmode=disable"}
    process = spawn(command, environment=environment, log=tmp_path / "log", folder=tmp_path)
    try:
        text = until(60, "it does not answer", lambda: _metrics(url))
    finally:
        process.terminate()
        process.wait(20)
    prefix = {"postgres": "pg_"}.get(exporter, f"{exporter}_")
    wanted = {name for query in QUERIES for name in query.names if name.startswith(prefix)}
    assert wanted
    assert wanted <= _names(text)[1]


def test_the_list_of_names_has_no_others() -> None:
    assert exporters() <= {name for query in QUERIES for name in query.names}


def exporters() -> set[str]:
    """The names that we use of what exporters, Prometheus and Alertmanager have."""
    return set((Path(__file__).parents[1] / "support" / "exporters.txt").read_text("utf-8").split())


def _metrics(url: str) -> str:
    try:
        return httpx.get(f"{url}/metrics", timeout=30).text
    except httpx.TransportError:
        return ""


def _names(text: str) -> tuple[set[str], set[str]]:
    valued = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#")}
    declared: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        declared |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    return declared | valued, valued


async def _fill(pool: Pool) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    await seed.add_scorer(pool)
    post = await seed.add_post(pool, "AAPL", now - timedelta(minutes=1), external_id="1", source="x")
    await pool.execute("INSERT INTO score_queue VALUES ($1, clock_timestamp() - INTERVAL '1 minute')", post)
    for source, stream in (("x", "posts/a"), ("yahoo", "news/AAPL"), ("feeds", "articles/sec")):
        await seed.add_coverage(pool, source, stream, now)
    await seed.add_gap(pool, "feeds", "articles/sec", now)
    await seed.add_spend(pool, "x", now.date(), "0.50")
    async with pool.acquire() as conn, conn.transaction():
        await save_cursor(conn, "feeds", "articles/sec", {"etag": "abc"})
    await add_alert(pool, await add_user(pool), "AAPL", threshold="80000")
    await evaluate(pool, "finance@1")
    await recovery.add_backup(pool, now - hour)
    await recovery.add_backup(pool, now - 2 * hour, kind="base")
    await recovery.add_log(pool, now - timedelta(seconds=50))
    await recovery.add_drill(pool, now - 24 * hour)
    found = Figures(completed=5, failed=1, under_way=1, oldest_s=3.5, last_success_at=now)
    names = ("score-posts", "backup", "drill", "rescore")
    await write_figures(pool, {(name, "default"): found for name in names}, now)
