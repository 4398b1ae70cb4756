"""What every test may ask for: one real PostgreSQL for the session, and a fresh migrated database per test."""

import os
from collections.abc import AsyncIterator

import pytest

from lib.db.pool import Pool, open_pool
from lib.postgres.server import PostgresServer, running_server
from tests.support.databases import fresh_database, make_template

pytest_plugins = [
    "tests.support.backfills",
    "tests.support.bluesky",
    "tests.support.declared",
    "tests.support.feeds",
    "tests.support.hot",
    "tests.support.redis",
    "tests.support.releases",
    "tests.support.s3",
    "tests.support.site",
    "tests.support.x",
    "tests.support.yahoo",
]

# the client of applications under test has a name and an address that no real one has
os.environ.setdefault("INSITECHART_ALLOWED_HOSTS", "testserver.local,test,localhost,127.0.0.1")
os.environ.setdefault("INSITECHART_OPERATIONS_FROM", "*")
# the least that argon2id is allowed to take: what is under test is who gets in, not how long guessing takes
os.environ.setdefault("INSITECHART_PASSWORD_MEMORY_MIB", "19")
os.environ.setdefault("INSITECHART_PASSWORD_ROUNDS", "2")

# durability is not under test here, and without it a database is made in a fraction of the time
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresServer]:
    """A PostgreSQL server of this session's own, with a migrated template database in it."""
    async with running_server(tmp_path_factory.mktemp("postgres"), options=_FAST) as server:
        await make_template(server)
        yield server


@pytest.fixture
async def database_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """The URL of an empty, migrated database that is this test's alone."""
    async with fresh_database(postgres) as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on this test's database."""
    async with open_pool(database_url, application="insitechart-test", max_size=8) as opened:
        yield opened
