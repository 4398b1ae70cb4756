"""Asks again after a failure that may pass, with growing jittered pauses: the one layer in which anything is retried.

It does not know what is asked. Prefect repeats only runs that crashed.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

import stamina

from lib.errors import Malformed, RateLimited, Unavailable

T = TypeVar("T")

# its lines repeat what our errors say, once for each attempt
stamina.instrumentation.set_on_retry_hooks(())


class Patience(NamedTuple):
    """How long a question is worth asking. Told to wait longer than `longest_s`, it ends as RateLimited instead."""

    attempts: int = 3
    first_wait_s: float = 1
    longest_s: float = 20


async def patiently(ask: Callable[[], Awaitable[T]], patience: Patience) -> T:
    """The answer of `ask`; it is called anew after Unavailable, Malformed, and RateLimited that ends soon enough.

    Raises what the last attempt raised; any other error at once.
    """
    async for attempt in stamina.retry_context(
        on=lambda error: _again(error, patience.longest_s),
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait_s,
        wait_max=patience.longest_s,
        wait_jitter=patience.first_wait_s,
    ):
        with attempt:
            return await ask()
    raise AssertionError("the last attempt returns or raises")


def _again(error: Exception, longest_s: float) -> bool | float:
    if isinstance(error, RateLimited):
        if error.until is None:
            return True
        wait = (error.until - datetime.now(UTC)).total_seconds()
        return max(wait, 0.0) if wait <= longest_s else False
    return isinstance(error, Unavailable | Malformed)
