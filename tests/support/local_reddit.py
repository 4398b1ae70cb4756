"""The product's own Reddit source, in haste, asking a local Reddit. It does not know what a test does with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from lib.settings import Settings
from lib.sources.access import Rate
from lib.sources.patience import Patience
from lib.sources.reddit.client import Reddit
from lib.sources.reddit.requestor import Manners
from tests.servers.reddit import CLIENT_ID, CLIENT_SECRET, LocalReddit
from tests.support.access import NotedAccess

HASTE = Manners(Rate(0.001), timeout_s=5, patience=Patience(attempts=3, first_wait_s=0.01, longest_s=2))


class AtHand:
    """A local Reddit, its address, the source that asks it, and the turns that this took."""

    def __init__(self, server: LocalReddit, address: str) -> None:
        self.server = server
        self.address = address
        self.access = NotedAccess()

    def settings(self, *subreddits: str, **given: object) -> Settings:
        """Settings under which the local Reddit is the only one there is."""
        values = {
            "reddit_client_id": CLIENT_ID,
            "reddit_client_secret": SecretStr(CLIENT_SECRET),
            "reddit_username": "somebody",
            "reddit_subreddits": subreddits or ("stocks",),
            "reddit_url": self.address,
            "reddit_oauth_url": self.address,
        }
        return Settings(**values | given)  # type: ignore[arg-type]

    @asynccontextmanager
    async def source(self, *subreddits: str, manners: Manners = HASTE, **given: object) -> AsyncIterator[Reddit]:
        """The source, until left."""
        async with Reddit(self.settings(*subreddits, **given), self.access, manners) as source:
            yield source
