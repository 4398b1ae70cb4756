"""Pieces of bytes handed from one thread to another, a bounded number at a time. It does not know what they are."""

from collections.abc import Callable, Generator, Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread

_QUEUED = 64
_LOOK_S = 0.1


class Stopped(Exception):
    """Whoever reads wants no more."""


class Pipe:
    """One thread calls `write` and at last `end`, another iterates; whoever iterates calls `close` when it is done."""

    def __init__(self) -> None:
        self._pieces: Queue[bytes | BaseException | None] = Queue(_QUEUED)
        self._closed = Event()

    def write(self, piece: bytes) -> int:
        """Waits for room. Raises Stopped once nobody reads any more."""
        self._put(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def end(self, error: BaseException | None) -> None:
        """There is no more, for this reason: whoever reads is told of it after the last piece."""
        try:
            self._put(error)
        except Stopped:
            return

    def close(self) -> None:
        """No more is wanted."""
        self._closed.set()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            piece = self._pieces.get()
            if piece is None:
                return
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def _put(self, piece: bytes | BaseException | None) -> None:
        while not self._closed.is_set():
            try:
                self._pieces.put(piece, timeout=_LOOK_S)
            except Full:
                continue
            return
        raise Stopped


def ahead(
    source: Iterable[bytes], through: Callable[[bytes], bytes] = bytes, last: Callable[[], bytes] = bytes
) -> Generator[bytes]:
    """`source` read, and sent through a function, in a thread of its own, a little ahead of whoever iterates.

    `last` makes what comes after the last piece. An error of `source` is raised here.
    """
    pipe = Pipe()

    def reading() -> None:
        try:
            for piece in source:
                made = through(piece)
                if made:
                    pipe.write(made)
            made = last()
            if made:
                pipe.write(made)
            pipe.end(None)
        except BaseException as error:  # noqa: BLE001  it is raised by whoever iterates
            pipe.end(error)

    thread = Thread(target=reading, name="read ahead", daemon=True)
    thread.start()
    try:
        yield from pipe
    finally:
        pipe.close()
        thread.join()


class Reader:
    """A source of pieces as the file that `age` reads; it keeps the source's error, its digest and its count."""

    def __init__(self, source: Iterable[bytes], look: Callable[[bytes], None]) -> None:
        self._source = iter(source)
        self._look = look
        self._left = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, none at the end."""
        while not self._left:
            try:
                piece = next(self._source, None)
            except BaseException as error:
                self.error = error
                raise
            if piece is None:
                return b""
            self._look(piece)
            self._left = memoryview(piece)
        taken = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(taken) :]
        return bytes(taken)

    def drain(self) -> None:
        """Reads to the end."""
        while self.read():
            pass


class Writer:
    """A function that takes pieces as the file that `age` writes; it keeps the function's error."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self.error: BaseException | None = None

    def write(self, piece: bytes) -> int:
        """Hands it on."""
        try:
            self._write(bytes(piece))
        except BaseException as error:
            self.error = error
            raise
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""
