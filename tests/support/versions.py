"""Numbers of data's age that a test counts up by itself, or that are never known. They know no database."""

import secrets
from collections import defaultdict


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
