"""The right to ask, for tests of one source by itself: everything is allowed at once, and all of it is noted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from lib.errors import OverBudget, RateLimited
from lib.sources.access import Rate, Receipt


class _Receipt:
    def __init__(self, most: int) -> None:
        self.units = most

    def used(self, units: int) -> None:
        assert 0 <= units <= self.units, "more was used than was set aside"
        self.units = units


class NotedAccess:
    """An Access of this process alone: no waiting but for a pause, and no more than `units` of money in all."""

    def __init__(self, *, units: int = 1_000_000) -> None:
        self.units = units
        self.turns: list[str] = []
        self.spent: list[tuple[str, int]] = []
        self.paused: dict[str, datetime] = {}

    async def turn(self, host: str, rate: Rate, *, patience_s: float) -> None:
        self.turns.append(host)
        until = self.paused.get(host)
        if until is not None and until > datetime.now(UTC):
            raise RateLimited("test", f"{host} asked to be left alone.", until=until)

    async def pause(self, host: str, rate: Rate, until: datetime) -> None:
        self.paused[host] = until

    @asynccontextmanager
    async def paying(self, unit: str, most: int) -> AsyncIterator[Receipt]:
        if most > self.units:
            raise OverBudget("test", f"{most} {unit} are more than the {self.units} that are left.")
        receipt = _Receipt(most)
        try:
            yield receipt
        finally:
            self.units -= receipt.units
            self.spent.append((unit, receipt.units))
