"""Finds keys that are nearly what was typed: shared triples of letters choose a few, their edit distance ranks those.

It knows strings alone. A swap of two neighbours counts as one slip, and a query may be the beginning of a key. The
time it takes is bounded, at the price of missing keys that share only the commonest triples with what was typed.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

_Places = npt.NDArray[np.int32]

_START = "\x02\x02"
_SHORTEST = 3
_POSTINGS = 3000  # looked at a query, rarest triples first
_CANDIDATES = 48  # whose distance is worked out
_LONGER = 1 << 16  # than any key
_BEGINNING = 0.93  # what being like the beginning of a key is worth of being like all of it


class NearKeys:
    """Strings, findable by something like them. Immutable once built."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = sorted({key for key in keys if len(key) >= _SHORTEST})
        postings: dict[str, list[int]] = defaultdict(list)
        for index, key in enumerate(self._keys):
            for triple in _triples(key):
                postings[triple].append(index)
        self._postings: dict[str, _Places] = {t: np.array(found, np.int32) for t, found in postings.items()}
        self._lengths = np.array([len(key) for key in self._keys], np.int32)

    def near(self, text: str) -> list[tuple[str, float]]:
        """Keys like `text` with their likeness (0..1), the likest first; none if nothing is like enough."""
        if len(text) < _SHORTEST:
            return []
        postings = sorted((self._postings[t] for t in _triples(text) if t in self._postings), key=len)
        chosen = postings[:1]
        looked_at = sum(map(len, chosen))
        for posting in postings[1:]:
            looked_at += len(posting)
            if looked_at > _POSTINGS:
                break
            chosen.append(posting)
        enough = _enough(len(text))
        keys = self._sharing(chosen, len(text))
        alike = [pair for pair in zip(keys, _likenesses(text, keys), strict=True) if pair[1] >= enough]
        return sorted(alike, key=lambda pair: (-pair[1], len(pair[0]), pair[0]))

    def _sharing(self, postings: list[_Places], length: int) -> list[str]:
        """The keys in most of `postings`, those of about `length` first."""
        if not postings:
            return []
        counts = np.bincount(np.concatenate(postings))
        most = int(counts.max())
        shared = np.flatnonzero(counts > most // 2)
        # one number for both, the lower the better; among equals the order of the keys decides, as they stand in it
        worth = (most - counts[shared]) * _LONGER + np.abs(self._lengths[shared] - length)
        chosen = shared[np.argsort(worth, kind="stable")[:_CANDIDATES]]
        return [self._keys[index] for index in chosen.tolist()]


def _triples(text: str) -> dict[str, None]:
    padded = _START + text
    # a dict, as the order of a set would differ between processes, and with it the answers
    return {padded[i : i + 3]: None for i in range(len(padded) - 2)}


def _enough(length: int) -> float:
    """One slip in four letters, two in seven, three in ten: beyond that, chance does as well."""
    return 0.74 if length <= 5 else 0.7


def _likenesses(text: str, keys: list[str]) -> list[float]:
    """Of each key: how like all of it, or its beginning, is what was typed. In two calls, for each costs its own."""
    if not keys:
        return []
    beginnings = [key[: len(text)] for key in keys]
    likeness = partial(cdist, [text], scorer=OSA.normalized_similarity, dtype=np.float64)
    found: list[float] = np.maximum(likeness(keys), _BEGINNING * likeness(beginnings))[0].tolist()
    return found
