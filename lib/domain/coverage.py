"""What a source was asked for and what came. It does not know the sources themselves."""

from datetime import datetime
from typing import Literal

import msgspec

State = Literal["ok", "empty", "rate_limited", "denied", "over_budget", "unavailable"]
STATES: tuple[State, ...] = ("ok", "empty", "rate_limited", "denied", "over_budget", "unavailable")


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one source: which stream, which window [start, end) in UTC, and the answer's state and size."""

    source: str
    stream: str
    window_start: datetime
    window_end: datetime
    state: State
    reason: str = ""
    asked: int = 0
    received: int = 0
