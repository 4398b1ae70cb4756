"""Every provider that can be put under soak, by name. It does not know what a soak is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.faults.soak import Provider
from tests.faults.x import SoakedX
from tests.servers.x import running_x


@contextmanager
def _x(folder: Path, seed: int) -> Iterator[Provider]:
    with running_x(folder) as local:
        yield SoakedX(local, seed)


PROVIDERS: dict[str, Callable[[Path, int], AbstractContextManager[Provider]]] = {"x": _x}
