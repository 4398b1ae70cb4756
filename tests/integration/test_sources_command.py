"""`insitechart sources` as a person runs it: with and without a database, offline, and never with a secret."""

import asyncio
import json
import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deployments.cli.sources import sources
from lib.db.pool import Pool
from lib.errors import ConfigurationError
from lib.settings import load_settings
from lib.sources.declared import fingerprint
from tests.support import seed

TOKEN = "hunter2"

pytestmark = pytest.mark.usefixtures("declared")


class Command:
    """The command on a terminal of its own: nobody listens where its sources are, unless a test says so."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            "INSITECHART_HOME": str(home),
            "INSITECHART_CONFIG": os.devnull,
            "INSITECHART_X_BEARER_TOKEN": TOKEN,
            "INSITECHART_X_BUDGET_DAY": "2",
            "INSITECHART_X_BUDGET_MONTH": "20",
            "INSITECHART_REDDIT_URL": "http://127.0.0.1:9",
            "INSITECHART_REDDIT_OAUTH_URL": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
            "COLUMNS": "200",
            # whatever the environment says, the user is who the system says
            "USER": "somebody-else",
            "LOGNAME": "somebody-else",
        }

    async def run(self, *arguments: str, **environment: str) -> str:
        """What it wrote; it must end well, in silence on stderr, and without a secret."""
        load_settings.cache_clear()
        run = CliRunner().invoke
        ended = await asyncio.to_thread(run, sources, arguments, env=self.environment | environment)
        if ended.exception is not None:
            raise ended.exception
        assert ended.stderr == ""
        assert TOKEN not in ended.stdout
        assert fingerprint(TOKEN) not in ended.stdout
        return ended.stdout


@pytest.fixture(autouse=True)
def _settings_are_read_anew() -> Iterator[None]:
    yield
    load_settings.cache_clear()


@pytest.fixture
def alone(tmp_path: Path) -> Command:
    """Without a platform."""
    return Command(tmp_path)


@pytest.fixture
def command(alone: Command, database_url: str) -> Command:
    """On this test's database."""
    alone.environment["INSITECHART_DATABASE_URL"] = database_url
    return alone


def row(out: str, source: str) -> str:
    [line] = [line for line in out.splitlines() if line.startswith(f"{source} ")]
    return " ".join(line.split())


async def test_without_a_platform_the_settings_are_told_and_the_rest_is_unknown(alone: Command) -> None:
    out = await alone.run("--check", INSITECHART_X_BEARER_TOKEN="")
    assert row(out, "paid") == "paid not configured – – – – – –"
    assert row(out, "free") == "free unknown – – – – – no"
    assert "free: not reachable: 127.0.0.1: " in out
    assert "paid: Set INSITECHART_X_BEARER_TOKEN." in out
    assert "is unknown: No platform is running in" in out
    assert len(out.splitlines()) == 6


async def test_a_database_that_is_away_is_one_line(alone: Command) -> None:
    out = await alone.run(INSITECHART_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:9/db")
    assert "is unknown: PostgreSQL at 127.0.0.1:9/db cannot be used" in out
    assert row(out, "free") == "free unknown – – – – –"


async def test_every_source_is_one_line_with_what_to_do(pool: Pool, command: Command) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "free", "posts/a", now)
    await seed.add_coverage(pool, "free", "posts/b", now, state="unavailable", reason="no network")
    await seed.add_spend(pool, "paid", now.date(), "0.305")
    await seed.add_circuit(pool, "paid", fingerprint(TOKEN), "X answers 401.", hint="Renew the token.")
    out = await command.run()
    forecast = row(out, "paid").rsplit(" ", 1)[1]
    assert row(out, "paid") == f"paid refused – – $0.305 of $2.00 $0.305 of $20.00 {forecast}"
    assert "paid: Renew the token. Then: insitechart sources reset paid" in out
    free = row(out, "free")
    assert free.startswith("free partly heard 1 of 2 ")
    assert free.endswith(" s ago – – –")
    assert "free: 1 of 2 streams are not heard, such as posts/b." in out
    off = await command.run(INSITECHART_SOURCES_OFF="free")
    assert row(off, "free").startswith("free off ")


async def test_for_programs_it_is_what_the_api_answers(pool: Pool, command: Command) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    await seed.add_spend(pool, "paid", datetime.now(UTC).date(), "2")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        answered: dict[str, Any] = json.loads(await command.run("--json", "--check", INSITECHART_REDDIT_URL=there))
    paid, free = answered["items"]
    assert answered["unknown"] == ""
    assert (paid["name"], paid["standing"], paid["spend"]["today"]) == ("paid", "over_budget", "2.00")
    assert (paid["reachable"], free["reachable"]) == (False, True)
    assert free["reached"].startswith("1 of 2 hosts reachable: ")
    assert "reachable" not in json.loads(await command.run("--json"))["items"][0]


async def test_a_reset_closes_what_is_open_and_notes_who_did(pool: Pool, command: Command) -> None:
    await seed.add_circuit(pool, "paid", fingerprint(TOKEN), "X answers 401.")
    await seed.add_circuit(pool, "paid", fingerprint("the one before"), "It is private.", scope="search/TSLA")
    await seed.add_circuit(pool, "free", "", "It answers 403.")
    out = await command.run("reset", "paid")
    who = pwd.getpwuid(os.getuid()).pw_name
    whole, stream, noted = out.splitlines()
    assert whole.startswith("closed: paid, the whole source, refused since ")
    assert whole.endswith(" UTC: X answers 401.")
    assert stream.startswith("closed: paid, search/TSLA, refused since ")
    assert noted == f"Noted as closed by {who}. The next run asks again."
    closed = await pool.fetch("SELECT source, closed_by FROM circuits WHERE closed_at IS NOT NULL")
    assert [tuple(each) for each in closed] == [("paid", who)] * 2
    assert "No circuit of paid is open" in await command.run("reset", "paid")


async def test_spending_is_shown_day_by_day(pool: Pool, command: Command) -> None:
    assert "Nothing was spent since" in await command.run("spend")
    today = datetime.now(UTC).date()
    await seed.add_spend(pool, "paid", today - timedelta(days=1), "1.5", units=300, calls=3)
    await seed.add_spend(pool, "paid", today, "0.005", units=1)
    assert [" ".join(line.split()) for line in (await command.run("spend")).splitlines()] == [
        "day source unit units calls dollars",
        f"{today} paid posts 1 1 $0.005",
        f"{today - timedelta(days=1)} paid posts 300 3 $1.50",
    ]
    assert len((await command.run("spend", "--days", "1")).splitlines()) == 2


async def test_a_source_that_does_not_exist_is_told(alone: Command) -> None:
    with pytest.raises(ConfigurationError, match="There is no source 'nosuch'"):
        await alone.run("reset", "nosuch")
