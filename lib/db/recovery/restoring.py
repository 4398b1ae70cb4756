"""What a database needs before and after a dump is restored into it. It does not restore."""

from collections.abc import Mapping

import asyncpg

from lib.db.pool import connect
from lib.db.recovery.checksums import count_of
from lib.domain.contents import Role
from lib.errors import NotRestorable

_EXISTING_ROLES = "SELECT rolname FROM pg_roles"

_QUOTED = "SELECT quote_ident($1)"

_AVAILABLE = """
SELECT wanted FROM unnest($1::text[]) AS wanted
WHERE wanted NOT IN (SELECT name FROM pg_available_extensions)
"""

_HAS = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)"

_TIMESCALE = "CREATE EXTENSION IF NOT EXISTS timescaledb"

_BEFORE = "SELECT timescaledb_pre_restore()"

_AFTER = "SELECT timescaledb_post_restore()"

TIMESCALE = "timescaledb"


async def refuse_filled(url: str) -> None:
    """Raises NotRestorable for a database that has any table: nothing is ever restored over what is there."""
    found = await count_of(url)
    if found:
        raise NotRestorable(
            f"The database is not empty: it has {found} tables, and nothing is restored over them.",
            hint="Restore into a new database, look at it, and then point INSITECHART_DATABASE_URL to it.",
        )


async def prepare(url: str, roles: Mapping[str, Role], extensions: Mapping[str, str]) -> None:
    """Makes the roles that something belongs to and that are missing, without login, and readies the extensions.

    Raises NotRestorable where the server lacks an extension, or a role may not be made.
    """
    connection = await connect(url, application="insitechart-restore")
    try:
        lacking = [row[0] for row in await connection.fetch(_AVAILABLE, list(extensions))]
        if lacking:
            raise NotRestorable(
                f"This PostgreSQL does not have the extensions {', '.join(lacking)}, which the backup needs.",
                hint="Install them, or set PG_BINDIR to the programs of a PostgreSQL that has them.",
            )
        existing = {row[0] for row in await connection.fetch(_EXISTING_ROLES)}
        for name in sorted(name for name, role in roles.items() if role.used and name not in existing):
            # a name cannot be a parameter of this statement; quoted here as PostgreSQL itself quotes one
            quoted = await connection.fetchval(_QUOTED, name)
            try:
                await connection.execute(f"CREATE ROLE {quoted} NOLOGIN")
            except asyncpg.InsufficientPrivilegeError:
                raise NotRestorable(
                    f"The role {name}, which owns a part of the backup, is missing here and may not be made.",
                    hint=f"Let an administrator run: CREATE ROLE {quoted} NOLOGIN",
                ) from None
        if TIMESCALE in extensions:
            await connection.execute(_TIMESCALE)
            await connection.execute(_BEFORE)
    finally:
        await connection.close()


async def finish(url: str, extensions: Mapping[str, str]) -> None:
    """Ends what `prepare` began."""
    if TIMESCALE not in extensions:
        return
    connection = await connect(url, application="insitechart-restore")
    try:
        await connection.execute(_AFTER)
    finally:
        await connection.close()


async def has_extension(url: str, name: str) -> bool:
    """Whether the server could give the database this extension."""
    connection = await connect(url, application="insitechart-restore")
    try:
        return bool(await connection.fetchval(_HAS, name))
    finally:
        await connection.close()
