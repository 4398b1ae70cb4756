"""Asks whether the database can be read and has the schema of this code. It does not repair either."""

from functools import cache

from lib.db.migrate import migrations
from lib.db.pool import Pool
from lib.db.reading import read_rows

_APPLIED = "SELECT name FROM migrations"


@cache
def _ours() -> tuple[str, ...]:
    # what contracts may wait: this code works before and after it
    return tuple(migration.name for migration in migrations() if not migration.contracts)


async def missing_migrations(pool: Pool) -> list[str]:
    """The migrations of this code that the database has not seen. Raises DatabaseUnavailable."""
    applied = {row["name"] for row in await read_rows(pool, _APPLIED)}
    return [name for name in _ours() if name not in applied]
