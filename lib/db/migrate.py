"""Brings a database to the schema of this code: migrations/NNNN_name.sql, in order, each once.

It does not know what they create. Those that begin with the line `-- contract` remove what older versions of the code
need, and wait where an older one may still be running.
"""

import hashlib
from importlib import resources
from typing import Literal, NamedTuple

import asyncpg

from lib.db.pool import connect
from lib.errors import MigrationError
from lib.logs import get_logger

log = get_logger(__name__)

# everything; what an older version goes on working under; what only an older version needed
Part = Literal["all", "expand", "contract"]

_CONTRACT = "-- contract"

_LOCK = "SELECT pg_advisory_lock(730001)"

_SERVER = """
SELECT current_setting('server_version_num')::integer / 10000, pg_encoding_to_char(encoding)
FROM pg_database WHERE datname = current_database()
"""

_JOURNAL = """
CREATE TABLE IF NOT EXISTS migrations (
    name       text PRIMARY KEY,
    digest     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""

_APPLIED = "SELECT name, digest FROM migrations ORDER BY name"

_RECORD = "INSERT INTO migrations (name, digest) VALUES ($1, $2)"


class Migration(NamedTuple):
    """One file: its name without the ending, its statements, and the SHA-256 of them."""

    name: str
    sql: str
    digest: str

    @property
    def contracts(self) -> bool:
        """Whether it removes what an older version of the code needs."""
        return self.sql.startswith(_CONTRACT)


def migrations() -> list[Migration]:
    """All migrations of this code in the order in which they are applied."""
    files = sorted(
        (f for f in resources.files("lib.db.migrations").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name
    )
    found = []
    for file in files:
        sql = file.read_text(encoding="utf-8")
        found.append(Migration(file.name.removesuffix(".sql"), sql, hashlib.sha256(sql.encode()).hexdigest()))
    return found


async def migrate(url: str, part: Part = "all") -> list[str]:
    """Applies what is missing of `part`, and returns the names applied.

    Each migration is one transaction; calls side by side wait in line.

    Raises DatabaseUnavailable, or MigrationError where the server is too old, the database is not UTF-8, the schema is
    newer than this code, a migration was edited after it had been applied, or one fails (which leaves nothing of it).
    """
    connection = await connect(url, application="insitechart-migrate")
    try:
        server = await connection.fetchrow(_SERVER)
        assert server is not None
        version, encoding = server
        if version < 16:
            raise MigrationError(f"PostgreSQL {version} is too old: 16 or newer is needed.", hint="Upgrade the server.")
        if encoding != "UTF8":
            raise MigrationError(
                f"The database's encoding is {encoding}: UTF8 is needed.", hint="CREATE DATABASE … ENCODING 'UTF8'."
            )
        await connection.execute(_LOCK)
        await connection.execute(_JOURNAL)
        ours = migrations()
        applied = {row["name"]: row["digest"] for row in await connection.fetch(_APPLIED)}
        _check(ours, applied)
        fresh = [found for found in ours if found.name not in applied and _belongs(found, part)]
        for migration in fresh:
            try:
                async with connection.transaction():
                    await connection.execute(migration.sql)
                    await connection.execute(_RECORD, migration.name, migration.digest)
            except asyncpg.PostgresError as error:
                raise MigrationError(f"Migration {migration.name} failed and changed nothing: {error}") from error
            log.info("migration applied", migration=migration.name)
        return [migration.name for migration in fresh]
    finally:
        await connection.close()


def _belongs(migration: Migration, part: Part) -> bool:
    return part == "all" or migration.contracts == (part == "contract")


def _check(ours: list[Migration], applied: dict[str, str]) -> None:
    unknown = sorted(applied.keys() - {migration.name for migration in ours})
    if unknown:
        raise MigrationError(
            f"The database is newer than this code: it has {', '.join(unknown)}.", hint="Start the newer version."
        )
    edited = [migration.name for migration in ours if applied.get(migration.name, migration.digest) != migration.digest]
    if edited:
        raise MigrationError(
            f"Applied migrations were edited: {', '.join(edited)}.", hint="Restore the files, and add a new migration."
        )
