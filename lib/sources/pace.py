"""The least time between two calls to one provider, shared by every thread that calls it. It does not know what is
called.
"""

import threading
import time
from collections.abc import Callable


class Pace:
    """Hands out moments at which a call may be made, `spacing_s` seconds apart and in the order of asking.
    Thread-safe.
    """

    def __init__(self, spacing_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._spacing = spacing_s
        self._clock = clock
        self._next = clock()
        self._lock = threading.Lock()

    def reserve(self, patience_s: float) -> float:
        """Seconds until the caller's moment. If they are more than `patience_s` nothing is reserved, and the caller
        must not call.
        """
        with self._lock:
            now = self._clock()
            moment = max(now, self._next)
            if moment - now <= patience_s:
                self._next = moment + self._spacing
            return moment - now

    def pause(self, seconds: float) -> None:
        """Nobody's moment comes within the next `seconds`; moments already handed out stay."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)
