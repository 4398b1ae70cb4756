"""What a whole process of the API writes at level debug while people use it, and while things go wrong: every line is
JSON with the fields of docs/logs.md, can be found by its request, and holds nothing personal or secret.
"""

import asyncio
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from lib.db.pool import open_pool
from lib.postgres.server import PostgresServer
from tests.servers.otlp import SpanReceiver, receiving_spans
from tests.support import seed
from tests.support.accounts import add_person
from tests.support.api_process import ApiProcess, free_ports, running_api
from tests.support.databases import fresh_database

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FORWARDED = "203.0.113.77"
ADDRESS, PASSWORD, WRONG = "kim.lee@example.org", "tram seven coal window", "ladder fourteen moss rain"
HOOK = "https://hooks.invalid/services/T000/s3cr3t-hook"


class Told(NamedTuple):
    """What was written, and what must not stand in it."""

    lines: list[dict[str, Any]]
    text: str
    secrets: dict[str, str]
    spans: SpanReceiver


@pytest.fixture(scope="module")
async def told(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A day of requests, good ones and bad ones; then the database goes away."""
    home = tmp_path_factory.mktemp("home")
    file = home / "lines.jsonl"
    [port] = free_ports(1)
    async with fresh_database(postgres) as url:
        async with open_pool(url, application="insitechart-test") as pool:
            await seed.add_symbol(pool, "AAPL", "Apple Inc.")
            await seed.add_scorer(pool)
            await add_person(pool, ADDRESS)
        with receiving_spans() as spans:
            more = {"OTEL_EXPORTER_OTLP_ENDPOINT": spans.url, "log_level": "debug", "log_format": "json"}
            async with running_api(url, port, lines=file, home=str(home), trusted_proxies="127.0.0.1", **more) as api:
                async with httpx.AsyncClient(base_url=f"{api.url}/api/v1", timeout=60) as client:
                    client.headers["X-Forwarded-For"] = FORWARDED
                    client.headers["User-Agent"] = "Kims-Own-Browser/1.0"
                    secrets = await _day(client)
                await _end(api)
    text = file.read_text("utf-8")
    password = urlsplit(url).password
    secrets |= {"password of the database": password} if password else {}
    return Told([json.loads(line) for line in text.splitlines()], text, secrets, spans)


async def _day(client: httpx.AsyncClient) -> dict[str, str]:
    form = {"grant_type": "password", "username": ADDRESS, "password": WRONG}
    assert (await client.post("/users/token", data=form)).status_code == 400
    tokens = (await client.post("/users/token", data=form | {"password": PASSWORD})).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    made = await client.post("/users/me/api-keys", json={"name": "notebook", "scopes": ["read"]})
    key = made.json()["key"]
    rule = {"symbol": "AAPL", "measure": "price", "direction": "above", "threshold": "1", "channel": "webhook"}
    alert = await client.post("/users/me/alerts", json=rule | {"url": HOOK})
    assert alert.status_code == 201, alert.text
    await client.post(f"/users/me/alerts/{alert.json()['id']}/test")
    await client.post("/users", json={"email": "new@example.org", "password": WRONG})
    await client.post("/users", json={"email": "not an address", "password": PASSWORD})
    await client.post("/users/verify", json={"token": "register.s3cr3t-token", "password": PASSWORD})
    await client.get("/stocks/AAPL", headers={"X-API-Key": key})
    await client.get("/stocks/AAPL", headers={"X-API-Key": "ick_s3cr3t-guess"})
    await client.get("/stocks", params={"q": "s3cr3t-query"})
    await client.get(f"/operations/users/{ADDRESS}")
    await client.get("/stocks/AAPL/bars", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    await client.post("/sentiment/analyze", json={"text": "s3cr3t-text is great"})
    await client.get("/users/me/export")
    refreshed = await client.post("/users/token/refresh", data={"refresh_token": tokens["refresh_token"]})
    await client.post("/users/me/password", json={"password": WRONG, "new_password": "s3cr3t-new-password"})
    return {
        "address": ADDRESS,
        "another address": "new@example.org",
        "password": PASSWORD,
        "wrong password": WRONG,
        "access token": tokens["access_token"],
        "refresh token": tokens["refresh_token"],
        "second refresh token": refreshed.json()["refresh_token"],
        "key": key,
        "webhook's secret": alert.json()["secret"],
        "anything that was marked": "s3cr3t",
        "client": FORWARDED,
        "browser": "Kims-Own-Browser",
    }


async def _end(api: ApiProcess) -> None:
    await asyncio.wait_for(api.terminate(), 60)


def test_every_line_has_the_fields_that_all_lines_have(told: Told) -> None:
    assert len(told.lines) > 20
    for line in told.lines:
        assert {"timestamp", "service", "level", "event", "logger"} <= line.keys(), line
        assert line["service"] == "api"
        assert line["level"] in ("debug", "info", "warning", "error", "critical")


def test_nothing_personal_or_secret_is_written(told: Told) -> None:
    found = {name: secret for name, secret in told.secrets.items() if secret in told.text}
    assert found == {}


def test_a_request_is_found_by_the_id_of_its_trace(told: Told) -> None:
    [line] = [line for line in told.lines if line["event"] == "request" and line["request_id"] == TRACE]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/stocks/AAPL/bars", 200)
    assert line["route"] == "/api/v1/stocks/{symbol}/bars"
    assert line["duration_ms"] > 0


def test_the_traces_are_the_requests(told: Told) -> None:
    traces = {span.trace_id.hex() for span in told.spans.spans}
    requests = {line["request_id"] for line in told.lines if line["event"] == "request" and line["level"] == "info"}
    assert traces == requests
    assert told.spans.services == {"api"}


def test_a_statement_is_a_part_of_its_request(told: Told) -> None:
    mine = [span for span in told.spans.spans if span.trace_id.hex() == TRACE]
    [request] = [span for span in mine if span.name == "GET /api/v1/stocks/{symbol}/bars"]
    assert request.parent_span_id.hex() == SPAN
    statements = [span for span in mine if span.parent_span_id == request.span_id]
    assert statements
    for span in statements:
        attributes = {pair.key: pair.value.string_value for pair in span.attributes}
        assert attributes["db.system.name"] == "postgresql"
        assert "$1" in attributes["db.query.text"] or "SELECT" in attributes["db.query.text"]


def test_no_span_holds_anything_personal_or_secret(told: Told) -> None:
    text = "\n".join(map(str, told.spans.spans))
    assert {name: secret for name, secret in told.secrets.items() if secret in text} == {}
