"""A courier with a real receiver on TLS, and somebody who has alerts."""

from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from uuid import UUID

import pytest

from lib.alerts.deliver import Courier
from lib.db.pool import Pool
from lib.keyring.keys import Keys
from lib.keyring.ring import Keyring
from lib.webhooks.addresses import Address
from lib.webhooks.sending import Sender, trust
from lib.webhooks.wall import Wall
from tests.servers.webhook import Authority, Receiver, receiving
from tests.support.alerts import add_user
from tests.support.courier import KEY, OLD_KEY
from tests.support.seed import add_symbol


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def receiver(authority: Authority) -> AsyncIterator[Receiver]:
    async with receiving(authority.server("hooks.example")) as opened:
        yield opened


@pytest.fixture
async def ada(pool: Pool) -> UUID:
    await add_symbol(pool, "AAPL")
    await add_symbol(pool, "005930.KS", "Samsung", currency="KRW")
    return await add_user(pool)


@pytest.fixture
def courier(pool: Pool, authority: Authority, receiver: Receiver, tmp_path: Path) -> Courier:
    async def here(_: str) -> Sequence[Address]:
        return [IPv4Address("127.0.0.1")]

    wall = Wall(ports=frozenset({receiver.port}), networks=(IPv4Network("127.0.0.1/32"),))
    sender = Sender(wall, timeout_s=2, trusted=trust(authority.write(tmp_path)), resolve=here)
    return Courier(pool, sender, Keyring(Keys((KEY, OLD_KEY))))
