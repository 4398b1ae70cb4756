"""A store that can be read alone: what a drill is given of the real one. It does not know what is kept there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from lib.backup.store.objects import ObjectInfo, Store, Unfinished, Upload
from lib.errors import DrillRefused


class ReadOnlyStore:
    """A Store that refuses every change with DrillRefused."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def place(self) -> str:
        return self._store.place

    def get(self, key: str) -> bytes:
        """See Store."""
        return self._store.get(key)

    def read(self, key: str) -> Iterator[bytes]:
        """See Store."""
        return self._store.read(key)

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See Store."""
        return self._store.objects(prefix)

    def unfinished(self) -> Iterator[Unfinished]:
        """See Store."""
        return self._store.unfinished()

    def put(self, key: str, data: bytes) -> None:
        """Refused."""
        self._refuse(f"write {key}")

    def replace(self, key: str, data: bytes) -> None:
        """Refused."""
        self._refuse(f"write {key}")

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        """Refused."""
        self._refuse(f"write {key}")

    def delete(self, keys: Iterable[str]) -> int:
        """Refused."""
        self._refuse(f"delete {', '.join(keys)}")

    def abort(self, upload: Unfinished) -> None:
        """Refused."""
        self._refuse(f"abort the upload of {upload.key}")

    def _refuse(self, what: str) -> NoReturn:
        raise DrillRefused(f"A drill wanted to {what} in {self.place}, the store in use.", hint="Nothing was changed.")
