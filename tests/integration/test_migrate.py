"""Migrations: each once, in order, by any number of starters, and never over a schema that does not fit."""

import asyncio
from pathlib import Path

import pytest

from lib.db import migrate as migrating
from lib.db.databases import create_database, drop_database
from lib.db.migrate import migrate, migrations
from lib.db.pool import Pool, connect
from lib.errors import DatabaseUnavailable, MigrationError
from lib.postgres.server import PostgresServer


async def test_starters_side_by_side_apply_each_migration_once(postgres: PostgresServer) -> None:
    await create_database(postgres.url("postgres"), "side_by_side")
    applied = await asyncio.gather(*(migrate(postgres.url("side_by_side")) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == [migration.name for migration in migrations()]
    assert await migrate(postgres.url("side_by_side")) == []
    await drop_database(postgres.url("postgres"), "side_by_side")


async def test_a_database_newer_than_the_code_is_refused(pool: Pool, database_url: str) -> None:
    await pool.execute("INSERT INTO migrations (name, digest) VALUES ('9999_of_the_future', '')")
    with pytest.raises(MigrationError, match="newer than this code: it has 9999_of_the_future"):
        await migrate(database_url)


async def test_an_edited_migration_is_refused(pool: Pool, database_url: str) -> None:
    await pool.execute("UPDATE migrations SET digest = 'other' WHERE name = '0001_time'")
    with pytest.raises(MigrationError, match="edited: 0001_time"):
        await migrate(database_url)


async def test_a_failing_migration_leaves_nothing(
    postgres: PostgresServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [*migrations(), migrating.Migration("9000_broken", "CREATE TABLE half (a int); SELECT 1/0;", "digest")]
    monkeypatch.setattr(migrating, "migrations", lambda: broken)
    with pytest.raises(MigrationError, match="9000_broken"):
        await migrate(database_url)
    connection = await connect(database_url, application="test")
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    await connection.close()


async def test_a_database_that_is_not_utf8_is_refused(postgres: PostgresServer) -> None:
    connection = await connect(postgres.url("postgres"), application="test")
    await connection.execute("CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    await connection.close()
    with pytest.raises(MigrationError, match="UTF8 is needed"):
        await migrate(postgres.url("ascii"))


async def test_an_unreachable_server_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1/nothing cannot be used") as caught:
        await connect("postgresql://someone:hunter2@127.0.0.1:1/nothing", application="test")
    assert "hunter2" not in str(caught.value)
