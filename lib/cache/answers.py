"""Whole answers as bytes, in memory, never more than a given number of bytes of them. What nobody asked
for the longest time goes first.

It knows neither routes nor how an answer comes about, nor when one is no longer true: that is its stamp's.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

import msgspec

Stamp = tuple[str | int, ...]

# what an entry takes beside its bytes: objects, headers, the key
_OVERHEAD = 1024
# one answer may take this share of the room at most, or a few long tables would push everything else out
_LARGEST_SHARE = 8


class Bytes(NamedTuple):
    """The body in one encoding, and its strong tag with the quotes."""

    body: bytes
    tag: bytes


class Answer(msgspec.Struct, frozen=True):
    """An answer of status 200. `tag` is the strong tag of `body`, with its quotes; `encoded` grows by encodings."""

    media_type: bytes
    policy: bytes
    tag: bytes
    body: bytes
    encoded: dict[bytes, Bytes] = {}

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return _OVERHEAD + len(self.body) + sum(len(found.body) for found in self.encoded.values())


class _Kept(NamedTuple):
    stamp: Stamp
    answer: Answer
    size: int


class AnswerMemory:
    """Answers of one process. `most` is in bytes; 0 keeps nothing."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable, stamp: Stamp) -> Answer | None:
        """The answer that was kept under `key` with exactly this stamp."""
        kept = self._kept.get(key)
        if kept is None or kept.stamp != stamp:
            return None
        self._kept.move_to_end(key)
        return kept.answer

    def keep(self, key: Hashable, stamp: Stamp, answer: Answer) -> None:
        """Keeps `answer` in the place of whatever was under `key`, unless it is too large."""
        self._drop(key)
        size = answer.size
        if size > self.most // _LARGEST_SHARE:
            return
        self._kept[key] = _Kept(stamp, answer, size)
        self.size += size
        while self.size > self.most:
            self._drop(next(iter(self._kept)))

    def grew(self, key: Hashable, answer: Answer) -> None:
        """Takes note that `answer` has one more encoding, if it is still kept."""
        kept = self._kept.get(key)
        if kept is not None and kept.answer is answer:
            self.keep(key, kept.stamp, answer)

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= kept.size
