"""A short run of what `make fuzz` does for long: no 500, no status and no shape that the document does not declare; and
every link of the document leads on.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from lib.postgres.server import PostgresServer
from tests.fuzz.asking import ask_everything
from tests.fuzz.belongings import Words, give_belongings, headers_of
from tests.fuzz.following import Follower
from tests.fuzz.installation import fill, serving
from tests.support.databases import fresh_database
from tests.support.trials import trials

SEED = 20260302
EXAMPLES = trials(3, 1)
CHAINS = 20


class Served(NamedTuple):
    """An installation with a little of everything, and an admin who has some of it."""

    address: str
    words: Words


@pytest.fixture(scope="module")
async def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    home = tmp_path_factory.mktemp("home")
    async with fresh_database(postgres) as url:
        await fill(url)
        with serving(url, home) as address:
            yield Served(address, await give_belongings(address, url, home, headers_of(address, "admin")))


def test_every_link_leads_on(served: Served) -> None:
    document = httpx.get(f"{served.address}/openapi.json").json()
    with httpx.Client(base_url=served.address, headers=headers_of(served.address, "admin"), timeout=20) as client:
        follower = Follower(client, document)
        followed = [follower.follow(link) for link in follower.links()]
    assert len(followed) >= 50


def test_the_whole_document_holds(served: Served, tmp_path: Path) -> None:
    headers = headers_of(served.address, "admin")
    told = ask_everything(
        served.address, tmp_path, seed=SEED, examples=EXAMPLES, chains=CHAINS, headers=headers, words=served.words
    )
    assert told.returncode == 0, told.stdout[-20_000:] + told.stderr[-2000:]
    assert "Tested: " in told.stdout
    links = re.search(r"(\d+) covered / \d+ selected", told.stdout)
    assert links
    # which of them is chance; that each leads on is shown above
    assert int(links[1]) >= 1
