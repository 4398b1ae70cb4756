"""Makes and drops whole databases on a server of our own. It does not know their schema."""

from lib.db.pool import Connection, connect

_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"

_QUOTED = "SELECT quote_ident($1), quote_ident($2)"


async def create_database(server_url: str, name: str, *, template: str = "template0") -> bool:
    """Makes the UTF-8 database `name` (C.UTF-8 ctype, so Hangul is text) unless it is there; True if it was made now.

    `server_url` leads to any other database of the server, its user must be allowed to make databases.
    """
    connection = await connect(server_url, application="insitechart-setup")
    try:
        if await connection.fetchval(_EXISTS, name):
            return False
        # a name cannot be a parameter of this statement; quoted here as PostgreSQL itself quotes one
        quoted, origin = await _quoted(connection, name, template)
        # to log page by page is for templates that are all but empty
        strategy = "WAL_LOG" if template == "template0" else "FILE_COPY"
        await connection.execute(f"CREATE DATABASE {quoted} TEMPLATE {origin} ENCODING 'UTF8' STRATEGY {strategy}")
        return True
    finally:
        await connection.close()


async def drop_database(server_url: str, name: str) -> None:
    """Drops the database `name`, ending whoever is connected to it. Does nothing if it is not there."""
    connection = await connect(server_url, application="insitechart-setup")
    try:
        quoted, _ = await _quoted(connection, name, name)
        await connection.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
    finally:
        await connection.close()


async def _quoted(connection: Connection, first: str, second: str) -> tuple[str, str]:
    row = await connection.fetchrow(_QUOTED, first, second)
    assert row is not None
    return row[0], row[1]
