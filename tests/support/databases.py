"""Databases for tests: one migrated template on a session's server, and copies of it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.db.databases import create_database, drop_database
from lib.db.migrate import migrate
from lib.postgres.server import PostgresServer

_TEMPLATE = "template_insitechart"


async def make_template(server: PostgresServer) -> None:
    """The migrated database that all others are copies of."""
    await create_database(server.url("postgres"), _TEMPLATE)
    await migrate(server.url(_TEMPLATE))


@asynccontextmanager
async def fresh_database(server: PostgresServer) -> AsyncIterator[str]:
    """The URL of an empty, migrated database, dropped on leaving."""
    name = f"test_{secrets.token_hex(6)}"
    await create_database(server.url("postgres"), name, template=_TEMPLATE)
    try:
        yield server.url(name)
    finally:
        await drop_database(server.url("postgres"), name)
