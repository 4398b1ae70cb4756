"""A tar stream as PostgreSQL writes it, read as it goes by, piece by piece. It does not keep or write any file."""

import tarfile
from typing import Protocol

from lib.errors import Damaged

_BLOCK = 512


class Sink(Protocol):
    """What is told of each member of the stream, in their order."""

    def begin(self, member: tarfile.TarInfo) -> None:
        """A member begins."""

    def data(self, piece: memoryview) -> None:
        """More of its bytes."""

    def end(self) -> None:
        """It is whole."""


class TarStream:
    """`feed` pieces of any size, then `close`. Raises Damaged, naming `what`, for what is no stream or not whole."""

    def __init__(self, sink: Sink, *, what: str) -> None:
        self._sink, self._what = sink, what
        self._header = bytearray()
        self._left = 0
        self._padding = 0
        self._in_member = False
        self._ended = False

    def feed(self, piece: bytes) -> None:
        """Takes the next piece."""
        view = memoryview(piece)
        while view:
            if self._in_member:
                taken = view[: self._left]
                self._sink.data(taken)
                self._left -= len(taken)
                view = view[len(taken) :]
                if not self._left:
                    self._end_member()
            elif self._padding:
                taken = view[: self._padding]
                self._padding -= len(taken)
                view = view[len(taken) :]
            else:
                taken = view[: _BLOCK - len(self._header)]
                self._header += taken
                view = view[len(taken) :]
                if len(self._header) == _BLOCK:
                    self._begin_member()

    def close(self) -> None:
        """There is no more."""
        if self._in_member or self._header or self._padding or not self._ended:
            raise Damaged(f"{self._what} ends too early.")

    def _begin_member(self) -> None:
        header = bytes(self._header)
        self._header.clear()
        if header.count(0) == _BLOCK:
            self._ended = True
            return
        try:
            member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise Damaged(f"{self._what} is damaged: {error}.") from None
        if self._ended:
            raise Damaged(f"{self._what} goes on behind its end.")
        self._sink.begin(member)
        self._left = member.size if member.isreg() else 0
        self._padding = -self._left % _BLOCK
        self._in_member = True
        if not self._left:
            self._end_member()

    def _end_member(self) -> None:
        self._in_member = False
        self._sink.end()


class Taking:
    """A Sink that keeps one small member by its name, and lets the others go by."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kept = bytearray()
        self._is_it = False
        self.found: bytes | None = None

    def begin(self, member: tarfile.TarInfo) -> None:
        """See Sink."""
        self._is_it = member.name.removeprefix("./") == self._name

    def data(self, piece: memoryview) -> None:
        """See Sink."""
        if self._is_it:
            self._kept += piece

    def end(self) -> None:
        """See Sink."""
        if self._is_it:
            self.found, self._is_it = bytes(self._kept), False
