"""The real application on a test's own database, asked over ASGI."""

from collections.abc import AsyncIterator, Iterator

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import open_pool
from lib.postgres.server import PostgresServer
from lib.settings import Settings
from tests.support import seed
from tests.support.accounts import House, add_person, open_house
from tests.support.databases import fresh_database
from tests.support.versions import UnknownVersions

Client = AsyncTestClient[Litestar]


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Secret keys and mails of applications under test lie in a folder of this session's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSITECHART_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
async def house(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """An application whose people a module's tests share: each brings its own."""
    async with open_house(postgres, tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
async def reader(postgres: PostgresServer) -> AsyncIterator[Client]:
    """A client for tests that only read, shared by a module: one listing, AAPL, one scorer, and an
    account, operator@example.com, that does not ask.
    """
    async with fresh_database(postgres) as url:
        async with open_pool(url, application="insitechart-test") as pool:
            await seed.add_symbol(pool, "AAPL", "Apple Inc.")
            await seed.add_scorer(pool)
            await add_person(pool, "operator@example.com", "operator")
        async with AsyncTestClient(create_app(Settings(database_url=url)), raise_server_exceptions=False) as opened:
            yield opened


@pytest.fixture
def app(database_url: str) -> Litestar:
    """The application, not started. It keeps no answers: a test that writes and reads at once would see the former one
    for the moment until the change was heard of.
    """
    return create_app(Settings(database_url=database_url), versions=UnknownVersions())


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[Client]:
    """A client of the started application; an error inside it is answered, not raised here."""
    async with AsyncTestClient(app, raise_server_exceptions=False) as opened:
        yield opened
