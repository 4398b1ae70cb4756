"""Which texts are nearly the same and so belong to one fold. It does not know what is learned from them."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b

_LINK = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"\d[\d.,]*")
_WORD = re.compile(r"[a-z0$]+")
_COMMON_PAIR = 200
_NEAR = 0.5


def fold_of_each(texts: Sequence[str], folds: int, seed: int) -> list[int]:
    """A fold for each text, the same for texts that share half of their word pairs or more."""
    pairs = [_pairs(text) for text in texts]
    frequency = Counter(pair for found in pairs for pair in found)
    parents = list(range(len(texts)))
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, found in enumerate(pairs):
        shared: Counter[int] = Counter()
        for pair in found:
            if frequency[pair] <= _COMMON_PAIR:
                shared.update(seen[pair])
                seen[pair].append(index)
        for other, count in shared.items():
            if count >= _NEAR * (len(found) + len(pairs[other]) - count):
                # the first text stands for all, in whatever order sets are gone through
                first, second = sorted((_root(parents, index), _root(parents, other)))
                parents[second] = first
    return [_dice(texts[_root(parents, index)], seed) % folds for index in range(len(texts))]


def _pairs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(_NUMBER.sub("0", _LINK.sub("", text.lower())))
    return set(itertools.pairwise(words)) or {(word,) for word in words}


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _dice(text: str, seed: int) -> int:
    data = f"{seed}\n{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
