"""The right to ask as all workers of one database share it: turns and money in tables. It does not know providers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lib.db.asking import paces, spend
from lib.db.pool import Pool
from lib.domain.spend import Budget
from lib.errors import OverBudget, RateLimited
from lib.settings import Settings
from lib.sources.access import Rate, Receipt
from lib.sources.declared import Declaration, fingerprint

_BUDGET_HINT = "Wait for the next day or month, or raise the budget of this source in the settings."


class _Receipt:
    def __init__(self, most: int) -> None:
        self.units = most

    def used(self, units: int) -> None:
        # a provider that delivered more than was asked for is paid all the same, and the accounts must say so
        self.units = units


class SharedAccess:
    """An Access of `source` with the credential of which `credential` is the fingerprint."""

    def __init__(
        self, pool: Pool, source: str, credential: str, *, prices: Mapping[str, Decimal], budget: Budget
    ) -> None:
        self.source = source
        self.credential = credential
        self._pool = pool
        self._prices = prices
        self._budget = budget

    @classmethod
    def of(cls, pool: Pool, declared: Declaration, settings: Settings) -> "SharedAccess":
        """The access that `declared` has under `settings`."""
        return cls(
            pool,
            declared.name,
            fingerprint(declared.credential(settings)),
            prices=declared.prices(settings),
            budget=declared.budget(settings),
        )

    async def turn(self, host: str, rate: Rate, *, patience_s: float) -> None:
        """As Access.turn; raises DatabaseUnavailable where nobody can say whose turn it is."""
        taken, wait = await paces.take_turn(
            self._pool,
            host,
            self.credential,
            spacing=timedelta(seconds=rate.spacing_s),
            burst=rate.burst,
            patience=timedelta(seconds=patience_s),
        )
        if not taken:
            until = datetime.now(UTC) + wait
            raise RateLimited(
                self.source, f"{host} is not to be asked before {until:%Y-%m-%d %H:%M:%S} UTC.", until=until
            )
        await asyncio.sleep(wait.total_seconds())

    async def pause(self, host: str, rate: Rate, until: datetime) -> None:
        """As Access.pause."""
        spacing = timedelta(seconds=rate.spacing_s)
        await paces.pause(self._pool, host, self.credential, spacing=spacing, burst=rate.burst, until=until)

    @asynccontextmanager
    async def paying(self, unit: str, most: int) -> AsyncIterator[Receipt]:
        """As Access.paying. A unit without a price costs nothing and is counted."""
        price = self._prices.get(unit, Decimal(0))
        day, reason = await spend.reserve(self._pool, self.source, unit, most, price * most, self._budget)
        if reason is not None:
            raise OverBudget(self.source, f"{self.source} was not asked: {reason}.", hint=_BUDGET_HINT)
        receipt = _Receipt(most)
        try:
            yield receipt
        finally:
            spare = most - receipt.units
            if spare:
                await spend.give_back(self._pool, self.source, day, unit, spare, price * spare)
