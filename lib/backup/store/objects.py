"""What a store can do, whichever kind it is. It does not know what an object means, nor where it lies.

Keys are relative paths of lower-case words, digits, `-`, `_` and `.`, split by `/`. All calls block, so
they belong into threads; several at a time are allowed on one store.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from lib.errors import ConfigurationError

CHUNK = 1024 * 1024

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class ObjectInfo(NamedTuple):
    """An object: its key, its bytes, and when it was written (UTC, the store's clock)."""

    key: str
    size: int
    modified_at: datetime


class Unfinished(NamedTuple):
    """An upload that was begun and not ended: its key, the store's name of it, and when it began (UTC)."""

    key: str
    upload: str
    begun_at: datetime


class Upload(Protocol):
    """An object being written. Leaving the `with` without `commit` aborts it; nothing is seen of it before `commit`."""

    def write(self, data: bytes) -> None:
        """Takes more of it. Raises StoreError."""

    def commit(self) -> None:
        """Makes it an object, at once and whole. Raises ObjectExists where there is one, else StoreError."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """A place for objects. Everything raises StoreError where it does not answer or refuses."""

    @property
    def place(self) -> str:
        """How a person calls it; without secrets."""

    def put(self, key: str, data: bytes) -> None:
        """Writes a new object at once and whole. One that is there already with the same bytes is left as it is.

        Raises ObjectExists where it has other bytes: an object is never silently replaced.
        """

    def replace(self, key: str, data: bytes) -> None:
        """Writes an object whether there is one or not; readers see the former or the new one, whole."""

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        """Begins an object of any size, in a bounded amount of memory. It must not be there yet."""

    def get(self, key: str) -> bytes:
        """The bytes of a small object. Raises ObjectMissing."""

    def read(self, key: str) -> Iterator[bytes]:
        """The bytes of an object in pieces. Raises ObjectMissing, at the latest with the first piece."""

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """The objects whose keys begin with `prefix`, in the order of their keys."""

    def delete(self, keys: Iterable[str]) -> int:
        """Removes objects; one that is not there is no error. Returns how many were asked to go.

        Raises StoreError naming those that may not be removed (yet).
        """

    def unfinished(self) -> Iterator[Unfinished]:
        """Uploads that somebody began and did not end; one under way now is among them."""

    def abort(self, upload: Unfinished) -> None:
        """Removes what was uploaded of it; no error where it has ended meanwhile."""


def checked_key(key: str) -> str:
    """`key`, if it may be one. Raises ConfigurationError: a key never leaves the store's own place."""
    if not _KEY.fullmatch(key) or len(key) > 500:
        raise ConfigurationError(f"{key[:80]!r} cannot be the name of an object.")
    return key
