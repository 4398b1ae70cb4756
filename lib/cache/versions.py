"""How new the data is that an answer was made of: a number per subject, which changes with every committed change.

Whoever keeps an answer reads the numbers **before** asking the database, and keeps the answer under them. It is given
out again only while they are the same, so it is never older than what the numbers' owner has heard of. It knows
neither answers nor how a change is heard of.
"""

import secrets
from collections import defaultdict
from typing import Protocol


class Versions(Protocol):
    """What the owner of the numbers promises.

    A number differs after every change of its subject that became visible, whatever order changes were numbered in: it
    is not the largest number heard, for a change with a smaller number may become visible after one with a larger. A
    change is visible to new queries before its number is seen here. None means that nothing is known at the moment (the
    listener is away): then nothing is kept, and nothing that is kept is given out. Reading costs no more than a look
    into a dictionary, and clients choose the symbols: asking about one that does not exist must not make it known.
    """

    @property
    def origin(self) -> str:
        """Names where the numbers are counted: two processes with the same origin mean the same by the same number.
        It differs for another database, and after a restore, which counts anew.
        """

    def of(self, symbol: str) -> int | None:
        """Of the bars, actions and buckets of one symbol; a symbol of which nothing ever changed has a number too."""

    def listings(self) -> int | None:
        """Of which symbols there are, and what they are called."""

    def coverage(self) -> int | None:
        """Of what sources were asked for and what came."""

    def everything(self) -> int | None:
        """Of the bars, actions and buckets of all symbols together."""


class UnknownVersions:
    """Nothing is ever known, so nothing is ever kept."""

    origin = ""

    def of(self, symbol: str) -> int | None:
        return None

    def listings(self) -> int | None:
        return None

    def coverage(self) -> int | None:
        return None

    def everything(self) -> int | None:
        return None


class CountedVersions:
    """Numbers of one process, counted up by whoever calls `bump…`. Known from the start, until `lose`."""

    def __init__(self, origin: str | None = None) -> None:
        self.origin = origin or secrets.token_hex(8)
        self._known = True
        self._symbols: defaultdict[str, int] = defaultdict(int)
        self._everything = self._listings = self._coverage = 0

    def of(self, symbol: str) -> int | None:
        return self._symbols.get(symbol, 0) if self._known else None

    def listings(self) -> int | None:
        return self._listings if self._known else None

    def coverage(self) -> int | None:
        return self._coverage if self._known else None

    def everything(self) -> int | None:
        return self._everything if self._known else None

    def bump(self, symbol: str) -> None:
        """Bars, actions or buckets of `symbol` changed."""
        self._symbols[symbol] += 1
        self._everything += 1

    def bump_listings(self) -> None:
        """A listing was added, changed or removed."""
        self._listings += 1

    def bump_coverage(self) -> None:
        """A source was asked."""
        self._coverage += 1

    def lose(self) -> None:
        """Changes are not heard of any more."""
        self._known = False

    def find(self) -> None:
        """They are heard of again; what happened in between is not known, so everything may have changed."""
        self._known = True
        self.origin = secrets.token_hex(8)
