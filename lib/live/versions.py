"""How new the data is that an answer would be made of now: a number per symbol, the same in every process.

Numbers are moments (µs since 1970) at which changes were numbered: they grow, no two changes of different batches share
one, and a database that was restored to an earlier state does not give them again. Read them before the data: then what
was read is at least as new as they say.
"""

from collections.abc import Callable, Iterable

from lib.db.changes.reads import Versions
from lib.domain.changes import Change, Kind

_NOT_OF_SYMBOLS: frozenset[Kind] = frozenset({"coverage", "listings"})


class DataVersions:
    """One per process. Every number is None while it is not known, and then nothing may be given out as the newest. So
    it is until a tailer follows.
    """

    def __init__(self) -> None:
        self.origin = ""
        self._is_known: Callable[[], bool] = lambda: False
        self._symbols: dict[str, int] = {}
        self._kinds: dict[Kind, int] = {}
        self._of_kind: dict[tuple[Kind, str], int] = {}
        self._floor = 0
        self._data = 0

    @property
    def known(self) -> bool:
        """Whether the numbers are those of all that was committed up to a moment ago."""
        return self._is_known()

    def of(self, symbol: str, kind: Kind | None = None) -> int | None:
        """Of all that is told of one symbol, or of one kind; what never changed has the number of the beginning."""
        if not self._is_known():
            return None
        found = self._symbols.get(symbol, 0) if kind is None else self._of_kind.get((kind, symbol), 0)
        return max(found, self._floor)

    def listings(self) -> int | None:
        """Of which symbols there are, and what they are called."""
        return self._of_all("listings")

    def coverage(self) -> int | None:
        """Of what sources were asked for and what came."""
        return self._of_all("coverage")

    def everything(self) -> int | None:
        """Of bars, actions, buckets and posts of all symbols together."""
        return max(self._data, self._floor) if self._is_known() else None

    def trust(self, is_known: Callable[[], bool]) -> None:
        """From now on `is_known` says, at any moment, whether the numbers hold."""
        self._is_known = is_known

    def replace(self, versions: Versions) -> None:
        """Takes all of them as the database has them."""
        self.origin = versions.origin
        self._symbols, self._kinds, self._of_kind = {}, {}, {}
        self._floor = self._data = 0
        for (kind, symbol), number in versions.of.items():
            self._note(kind, symbol, number)

    def apply(self, changes: Iterable[Change]) -> None:
        """Takes over what changed since."""
        for change in changes:
            self._note(change.kind, change.symbol, change.position.at)

    def _of_all(self, kind: Kind) -> int | None:
        return max(self._kinds.get(kind, 0), self._floor) if self._is_known() else None

    def _note(self, kind: Kind, symbol: str, number: int) -> None:
        if kind == "everything":
            self._floor = max(self._floor, number)
            return
        self._kinds[kind] = max(self._kinds.get(kind, 0), number)
        if kind not in _NOT_OF_SYMBOLS:
            self._data = max(self._data, number)
        if symbol:
            self._symbols[symbol] = max(self._symbols.get(symbol, 0), number)
            self._of_kind[kind, symbol] = max(self._of_kind.get((kind, symbol), 0), number)
