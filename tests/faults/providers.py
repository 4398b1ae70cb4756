"""Every provider that can be put under soak, by name. It does not know what a soak is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.faults.bluesky import SoakedBluesky
from tests.faults.feeds import SoakedFeeds
from tests.faults.reddit import SoakedReddit
from tests.faults.soak import Provider
from tests.faults.x import SoakedX
from tests.faults.yahoo import SoakedYahoo
from tests.servers.bluesky import running_bluesky
from tests.servers.feeds import running_feeds
from tests.servers.reddit import running_reddit
from tests.servers.x import running_x
from tests.servers.yahoo import running_yahoo


@contextmanager
def _bluesky(folder: Path, seed: int) -> Iterator[Provider]:
    with running_bluesky(folder) as local:
        yield SoakedBluesky(local, seed)


@contextmanager
def _feeds(folder: Path, seed: int) -> Iterator[Provider]:
    with running_feeds(folder) as local:
        yield SoakedFeeds(local, seed)


@contextmanager
def _reddit(folder: Path, seed: int) -> Iterator[Provider]:
    with running_reddit(folder) as local:
        yield SoakedReddit(local, seed)


@contextmanager
def _x(folder: Path, seed: int) -> Iterator[Provider]:
    with running_x(folder) as local:
        yield SoakedX(local, seed)


@contextmanager
def _yahoo(folder: Path, seed: int) -> Iterator[Provider]:
    with running_yahoo(folder) as local:
        yield SoakedYahoo(local, seed)


PROVIDERS: dict[str, Callable[[Path, int], AbstractContextManager[Provider]]] = {
    "bluesky": _bluesky,
    "feeds": _feeds,
    "reddit": _reddit,
    "x": _x,
    "yahoo": _yahoo,
}
