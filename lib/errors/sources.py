"""Errors of asking a provider; each is a state of coverage, too."""

from datetime import datetime
from typing import ClassVar

from lib.domain.coverage import State
from lib.errors.base import InsiteChartError


class SourceError(InsiteChartError):
    """A provider did not give what it was asked for. `source` names it, `stream` the one stream that this is about;
    empty: all of them.
    """

    state: ClassVar[State] = "unavailable"

    def __init__(self, source: str, message: str, *, stream: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.stream = stream


class RateLimited(SourceError):
    """Asked too often. `until` (UTC) is the moment from which asking is allowed again, or None if unknown."""

    state = "rate_limited"

    def __init__(
        self, source: str, message: str, *, until: datetime | None = None, stream: str = "", hint: str = ""
    ) -> None:
        super().__init__(source, message, stream=stream, hint=hint)
        self.until = until


class Denied(SourceError):
    """Credentials missing, wrong or without the right."""

    state = "denied"


class OverBudget(SourceError):
    """The call would exceed the spending limit; it was not made."""

    state = "over_budget"


class Unavailable(SourceError):
    """No network, a time-out, or the provider's own failure."""


class NoData(SourceError):
    """The provider answered, and has nothing for this question."""

    state = "empty"


class Malformed(SourceError):
    """The provider answered with something that cannot be read."""
