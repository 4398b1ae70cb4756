"""A slow or a failed statement is told of with the request that it served, and without the values that went with it."""

from typing import Any

import asyncpg
import pytest
import structlog
from structlog.testing import capture_logs

from lib.db import told
from lib.db.pool import open_pool
from lib.logs import request_id

SECRET = "kim@example.com"


@pytest.fixture(autouse=True)
def logger(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was not used before: such a one goes on to where lines went then."""
    monkeypatch.setattr(told, "log", structlog.stdlib.get_logger())


def _of(lines: list[Any], event: str) -> list[Any]:
    return [line for line in lines if line["event"] == event]


@pytest.mark.parametrize("stateless", [True, False])
async def test_a_slow_statement_is_told_of(database_url: str, stateless: bool) -> None:
    async with open_pool(
        database_url, application="insitechart-test", max_size=3, slow_statement_s=0.001, stateless=stateless
    ) as pool:
        with capture_logs() as lines:
            await pool.fetchval("SELECT\n  pg_sleep(0.02), $1::text, 'a ''literal'''", SECRET)
            pid = await pool.fetchval("SELECT pg_backend_pid()")
    [line] = [line for line in _of(lines, "statement slow") if "pg_sleep" in line["statement"]]
    assert line["statement"] == "SELECT pg_sleep(0.02), $1::text, '…'"
    assert (line["application"], line["log_level"]) == ("insitechart-test", "warning")
    assert line["duration_ms"] >= 20
    assert isinstance(line["server_pid"], int)
    assert pid > 0
    assert SECRET not in str(lines)


async def test_nothing_is_slow_where_nobody_wants_to_know(database_url: str) -> None:
    async with open_pool(database_url, application="insitechart-test", slow_statement_s=0) as pool:
        with capture_logs() as lines:
            await pool.fetchval("SELECT pg_sleep(0.02)")
    assert lines == []


async def test_a_failure_is_told_of_without_its_words(database_url: str) -> None:
    async with open_pool(database_url, application="insitechart-test") as pool:
        with capture_logs() as lines:
            with pytest.raises(asyncpg.PostgresError):
                await pool.fetchval("SELECT $1::text::integer", SECRET)
            await pool.execute("CREATE TEMPORARY TABLE once (name text PRIMARY KEY)")
    [line] = _of(lines, "statement failed")
    assert (line["error"], line["sqlstate"], line["log_level"]) == (
        "InvalidTextRepresentationError",
        "22P02",
        "warning",
    )
    assert SECRET not in str(lines)


async def test_what_others_answer_for_is_told_quietly(database_url: str) -> None:
    insert = "INSERT INTO symbols (symbol, name) VALUES ($1, $1)"
    async with open_pool(database_url, application="insitechart-test") as pool:
        await pool.execute(insert, "AAPL")
        with capture_logs() as lines, pytest.raises(asyncpg.UniqueViolationError):
            await pool.execute(insert, "AAPL")
    [line] = _of(lines, "statement failed")
    assert (line["sqlstate"], line["log_level"]) == ("23505", "debug")


async def test_the_line_is_of_the_request_that_waited(database_url: str) -> None:
    seen: list[str] = []
    async with open_pool(database_url, application="insitechart-test", slow_statement_s=0.001, stateless=True) as pool:
        token = request_id.set("4bf92f3577b34da6a3ce929d0e0e4736")
        try:
            with capture_logs(processors=[lambda _, __, event: seen.append(request_id.get()) or event]):
                await pool.fetchval("SELECT pg_sleep(0.02)")
        finally:
            request_id.reset(token)
    assert set(seen) == {"4bf92f3577b34da6a3ce929d0e0e4736"}
