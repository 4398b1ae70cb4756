"""Errors of whoever asks for something: what is not there, not allowed, not now, or cannot be used."""

from lib.errors.base import InsiteChartError


class UnknownSymbol(InsiteChartError):
    """No listing has this symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"No stock has the symbol {symbol!r}.", hint="Find one by name: GET /api/v1/stocks?q=…")
        self.symbol = symbol


class UnknownScorer(InsiteChartError):
    """No scorer has this name and version."""


class UnstorableText(InsiteChartError):
    """A text that was sent holds a character that PostgreSQL cannot keep."""


class NotSettled(InsiteChartError):
    """What was known at that moment is not final yet, so an answer now could differ from the same answer later."""


class Unauthorized(InsiteChartError):
    """Nobody has proved who asks. `refused` says that a proof was given and does not hold; it never says why."""

    def __init__(self, message: str, *, refused: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.refused = refused


class Forbidden(InsiteChartError):
    """Who asks is known, and may not do this. `scope` is what a key would have to carry; empty where none helps."""

    def __init__(self, message: str, *, scope: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.scope = scope


class WrongCredentials(InsiteChartError):
    """An e-mail address and a password, or a token, that do not fit. It never says which of them is wrong."""


class BadField(InsiteChartError):
    """Something that was given cannot be used. `field` names it, `hint` says what would be accepted."""

    def __init__(self, field: str, message: str, *, accepted: str) -> None:
        super().__init__(message, hint=f"Accepted: {accepted}.")
        self.field = field


class NotThere(InsiteChartError):
    """There is nothing of that kind with this id, or it is somebody else's: nobody is told which."""


class Conflict(InsiteChartError):
    """It cannot be done as things are now."""


class Throttled(InsiteChartError):
    """Tried too often. `retry_after_s` are the seconds after which trying is allowed again."""

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Overloaded(InsiteChartError):
    """More is asked at once than this process can do. `retry_after_s` are the seconds to wait."""

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
