"""Two versions of the code on one schema: the older goes on working once the newer has expanded it, and what contracts
waits for a release of its own.
"""

import asyncio

import httpx
import pytest

from lib.db import migrate as migrating
from lib.db.health import missing_migrations
from lib.db.migrate import Migration, migrate, migrations
from lib.db.migration_rules import faults
from lib.db.pool import Pool
from lib.errors import MigrationError
from tests.support.api_process import free_ports, running_api

ADDS = Migration(
    "0900_moods",
    "ALTER TABLE symbols ADD COLUMN mood text NOT NULL DEFAULT 'calm';"
    "CREATE TABLE moods (name text PRIMARY KEY);"
    "CREATE VIEW calm_symbols AS SELECT symbol FROM symbols WHERE mood = 'calm';",
    "a",
)
REMOVES = Migration(
    "0901_no_aliases", "-- contract: read by nobody since 0900\nALTER TABLE symbols DROP COLUMN aliases;", "b"
)
LATER = Migration("0902_more", "ALTER TABLE moods ADD COLUMN since timestamptz;", "c")


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the code of a version with three further migrations."""
    found = [*migrations(), ADDS, REMOVES, LATER]
    monkeypatch.setattr(migrating, "migrations", lambda: found)


@pytest.mark.usefixtures("newer")
async def test_old_and_new_run_together_on_the_expanded_schema(pool: Pool, database_url: str) -> None:
    """The old API is a process of its own, started before the new version's migration and asked all the time."""
    assert [faults(found) for found in (ADDS, REMOVES, LATER)] == [[], [], []]
    add = "INSERT INTO symbols (symbol, name, exchange, currency, kind) VALUES ($1, $1, 'NMS', 'USD', 'stock')"
    await pool.execute(add, "OLD1")
    answers: list[int] = []
    [port] = free_ports(1)
    async with running_api(database_url, port) as api, httpx.AsyncClient(base_url=api.url) as client:
        is_done = asyncio.Event()

        async def ask() -> None:
            while not is_done.is_set():
                answers.append((await client.get("/api/v1/stocks?limit=5")).status_code)

        asking = asyncio.create_task(ask())
        assert await migrate(database_url, "expand") == [ADDS.name, LATER.name]
        # the old version's statement, then one of the new, then both read
        await pool.execute(add, "OLD2")
        add_moody = add.replace("kind)", "kind, mood)").replace("'stock')", "'stock', 'tense')")
        await pool.execute(add_moody, "NEW1")
        assert await pool.fetchval("SELECT mood FROM symbols WHERE symbol = $1", "OLD2") == "calm"
        assert (await client.get("/api/v1/stocks/NEW1")).json()["symbol"] == "NEW1"
        ready = await client.get("/health/ready")
        assert ready.status_code == 200, ready.text
        is_done.set()
        await asking
    assert answers
    assert set(answers) == {200}


@pytest.mark.usefixtures("newer")
async def test_what_contracts_waits_and_is_not_missed(pool: Pool, database_url: str) -> None:
    await migrate(database_url, "expand")
    assert await pool.fetchval("SELECT count(aliases) FROM symbols") == 0
    assert await missing_migrations(pool) == []
    assert await migrate(database_url, "contract") == [REMOVES.name]
    assert await migrate(database_url) == []


@pytest.mark.usefixtures("newer")
async def test_both_orders_lead_to_one_schema(pool: Pool, database_url: str) -> None:
    assert await migrate(database_url) == [ADDS.name, REMOVES.name, LATER.name]
    assert await migrate(database_url, "expand") == await migrate(database_url, "contract") == []


async def test_the_old_version_never_migrates_a_newer_schema(pool: Pool, database_url: str) -> None:
    await pool.execute("INSERT INTO migrations (name, digest) VALUES ('0900_moods', 'a')")
    with pytest.raises(MigrationError, match="newer than this code"):
        await migrate(database_url, "expand")
