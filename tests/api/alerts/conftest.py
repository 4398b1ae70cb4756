"""An installation whose people have alerts, and a receiver of webhooks beside it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from lib.postgres.server import PostgresServer
from tests.servers.webhook import Authority, Receiver, receiving_beside
from tests.support import seed
from tests.support.accounts import House, Person, known, open_house


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[Receiver, Authority]]:
    authority = Authority()
    with receiving_beside(authority.server("localhost")) as opened:
        yield opened, authority


@pytest.fixture(scope="module")
async def house(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, receiver: tuple[Receiver, Authority]
) -> AsyncIterator[House]:
    """An installation whose operator lets webhooks go to this machine."""
    home = tmp_path_factory.mktemp("house")
    hooks, authority = receiver
    async with open_house(
        postgres,
        home,
        webhook_ports=("443", str(hooks.port)),
        webhook_allow=("localhost",),
        webhook_ca_file=authority.write(home),
    ) as opened:
        await seed.add_symbol(opened.pool, "AAPL")
        await seed.add_symbol(opened.pool, "005930.KS", "Samsung", currency="KRW")
        await seed.add_scorer(opened.pool)
        yield opened


@pytest.fixture
def hooks(receiver: tuple[Receiver, Authority]) -> Receiver:
    receiver[0].received.clear()
    receiver[0].answer = None
    return receiver[0]


@pytest.fixture
async def ada(house: House) -> Person:
    return await known(house)
