"""A third of all calls going wrong, by a seeded chance: the same faults in the same order for the same calls."""

import random
import threading
from collections import Counter
from collections.abc import Sequence

from tests.servers.faults import Fault, Script


class Chance(Script):
    """Spoils `share` of the calls with one of `faults`; once `calm` is set, none. `counts` says what was done."""

    def __init__(self, seed: int, faults: Sequence[Fault], share: float = 1 / 3) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._faults = list(faults)
        self._share = share
        self._lock = threading.Lock()
        self.calm = False
        self.counts: Counter[str] = Counter()

    def next(self, key: str) -> Fault | None:
        """What happens to the call that came in now."""
        with self._lock:
            spoiled = not self.calm and self._chance.random() < self._share
            fault = self._chance.choice(self._faults) if spoiled else None
            self.counts["calls"] += 1
            self.counts["spoiled"] += spoiled
            return fault
