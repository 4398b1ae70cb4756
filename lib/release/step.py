"""What a step of a release is to whoever runs it: a name, some work, and what is shown of it. It does not know any."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

from lib.errors import ReleaseFailed


class Done(NamedTuple):
    """What a step found: in a sentence, as a table, and for the next step."""

    said: str
    rows: list[dict[str, Any]]
    value: Any = None


class StepFailed(ReleaseFailed):
    """A step that ends the release, with the table of what it found."""

    def __init__(self, message: str, rows: list[dict[str, Any]], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rows = rows


class Runner(Protocol):
    """How a step is run: `work` once, what it found handed back, its errors raised."""

    async def __call__(self, name: str, work: Callable[[], Awaitable[Done]], /) -> Done: ...


async def plainly(name: str, work: Callable[[], Awaitable[Done]], /) -> Done:
    """Runs a step as it is."""
    return await work()
