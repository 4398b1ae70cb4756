"""Decides when to stop asking a source within one run. It does not ask, and it forgets with the run."""

from lib.domain.coverage import State
from lib.errors import Denied, OverBudget, RateLimited, SourceError

# one question can fail by itself; as many as this in a row mean that there is no way to the source
_IN_A_ROW = 3


class Gate:
    """Open at first. Told to wait, refused, or left without an answer three times in a row, it closes for good.

    `reason` is None while it is open; once closed, `state` and `reason` say why.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self.state: State = "ok"
        self._failures = 0

    def answered(self) -> None:
        """The source answered."""
        self._failures = 0

    def failed(self, error: SourceError) -> None:
        """The source did not give what it was asked for; that it has nothing is an answer, too."""
        if error.state == "empty":
            self.answered()
            return
        self._failures += 1
        told_to_stop = isinstance(error, RateLimited | Denied | OverBudget)
        if self.reason is None and (told_to_stop or self._failures >= _IN_A_ROW):
            self.reason = str(error)
            self.state = error.state
