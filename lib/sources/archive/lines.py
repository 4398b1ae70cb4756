"""Cuts a stream into lines of bounded length. It does not know compression, columns or encodings."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

LONGEST = 1 << 20

_BLOCK = 1 << 18


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""
        ...


class Line(NamedTuple):
    """A line without its end, numbered from 1. An overlong one holds its beginning only."""

    number: int
    raw: bytes
    overlong: bool = False


def physical_lines(stream: Readable, *, longest: int = LONGEST) -> Iterator[Line]:
    """Every line that is not blank, `\\n` or `\\r\\n` taken off. Memory stays below `longest` plus a block, whatever
    comes.
    """
    number = 0
    tail = b""
    while block := stream.read(_BLOCK):
        *pieces, tail = (tail + block).split(b"\n")
        for piece in pieces:
            number += 1
            yield _line(number, piece, longest)
        if len(tail) > longest:
            number += 1
            yield _line(number, tail, longest)
            tail = _after_this_line(stream)
    # after an overlong line the tail can hold several
    *pieces, tail = tail.split(b"\n")
    for piece in [*pieces, tail] if tail else pieces:
        number += 1
        yield _line(number, piece, longest)


def _line(number: int, raw: bytes, longest: int) -> Line:
    return Line(number, raw[:longest], True) if len(raw) > longest else Line(number, raw.removesuffix(b"\r"))


def _after_this_line(stream: Readable) -> bytes:
    while block := stream.read(_BLOCK):
        _, end, rest = block.partition(b"\n")
        if end:
            return rest
    return b""
