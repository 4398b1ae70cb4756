"""Decides when to stop asking a source within one run. It does not ask, and it forgets with the run."""

from typing import NamedTuple

from lib.domain.coverage import State
from lib.errors import Denied, OverBudget, RateLimited, SourceError

# one question can fail by itself; as many as this in a row mean that there is no way to the source
_IN_A_ROW = 3


class Closed(NamedTuple):
    """Why something is not asked: the state that its account gets, and the reason."""

    state: State
    reason: str


class Gate:
    """Open at first. Told to wait, refused, or left without an answer three times in a row, it closes for good; where
    that is about one stream, for that stream alone.
    """

    def __init__(self) -> None:
        self._whole: Closed | None = None
        self._streams: dict[str, Closed] = {}
        self._failures = 0

    @property
    def reason(self) -> str | None:
        """Why the whole source is not asked any more; None while it is."""
        return None if self._whole is None else self._whole.reason

    def closed(self, stream: str) -> Closed | None:
        """Why `stream` is not to be asked, or None where it is."""
        return self._whole or self._streams.get(stream)

    def close(self, state: State, reason: str, *, stream: str = "") -> None:
        """Nobody asks any more, or nobody asks for `stream`; the first reason stays."""
        if stream:
            self._streams.setdefault(stream, Closed(state, reason))
        elif self._whole is None:
            self._whole = Closed(state, reason)

    def answered(self) -> None:
        """The source answered."""
        self._failures = 0

    async def failed(self, error: SourceError) -> None:
        """The source did not give what it was asked for; that it has nothing is an answer, too."""
        if error.state == "empty":
            self.answered()
            return
        if isinstance(error, RateLimited | Denied | OverBudget):
            self.close(error.state, str(error), stream=error.stream)
        elif not error.stream:
            self._failures += 1
            if self._failures >= _IN_A_ROW:
                self.close(error.state, str(error))
