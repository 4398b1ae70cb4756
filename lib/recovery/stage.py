"""The clock of a drill: each step with its phase, budget and finding, every check, and the scorecard they add up to.

It does not know what a step does. Whoever drills may run every step its own way, as a task of an engine for one.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from lib.domain.backups import Check
from lib.domain.drills import Phase, PhaseName, Scenario, Scorecard
from lib.errors import DrillRefused
from lib.recovery.losses import Loss

T = TypeVar("T")


class Runner(Protocol):
    """How a step is run: `work` once, its result handed back, its errors raised."""

    async def __call__(self, name: str, budget_s: float, work: Callable[[], Awaitable[Any]], /) -> Any: ...


async def plainly(name: str, budget_s: float, work: Callable[[], Awaitable[Any]], /) -> Any:
    """Runs a step as it is."""
    return await work()


class Stage:
    """One drill under way. `run` runs its steps; `warnings` are what whoever reads its report must know first."""

    def __init__(self, run: Runner = plainly) -> None:
        self._run = run
        self.begun_at = datetime.now(UTC)
        self.phases: list[Phase] = []
        self.checks: list[Check] = []
        self.warnings: list[str] = []
        self.staged: list[str] = []
        self._struck: float | None = None
        self._served: float | None = None

    async def prepare(self, name: str, budget_s: float, work: Callable[[], Awaitable[T]]) -> T:
        """A step of staging, which is no part of the recovery."""
        begun = time.monotonic()
        done: T = await self._run(name, budget_s, work)
        self.staged.append(f"{name} ({time.monotonic() - begun:.1f} s)")
        return done

    async def step(
        self,
        phase: PhaseName,
        name: str,
        budget_s: float,
        work: Callable[[], Awaitable[T]],
        found: Callable[[T], str] = lambda _: "",
    ) -> T:
        """A step of the recovery, on the clock. One that fails is written down before its error is raised."""
        begun = time.monotonic()
        told = "it failed"
        try:
            done: T = await self._run(name, budget_s, work)
            told = found(done)
        except Exception as error:
            told = f"it failed: {error}"
            raise
        finally:
            seconds = time.monotonic() - begun
            self.phases.append(Phase(phase=phase, name=name, seconds=seconds, budget_s=budget_s, found=told))
        return done

    def check(self, name: str, ok: bool, found: str, seconds: float = 0.0) -> bool:
        """Writes down what was looked at."""
        self.checks.append(Check(name, ok, found, seconds))
        return ok

    def strike(self) -> None:
        """The disaster happens now: from here on service is missed."""
        self._struck = time.monotonic()

    def serve(self) -> float:
        """There is service again, now; the seconds since the disaster."""
        self._served = time.monotonic()
        return self.rto_s

    @property
    def rto_s(self) -> float:
        """Seconds from the disaster to service. Raises DrillRefused where one of them was not measured."""
        if self._struck is None or self._served is None:
            raise DrillRefused("The drill measured no recovery: it had no disaster, or no service after it.")
        return self._served - self._struck

    def card(
        self,
        scenario: Scenario,
        injected: str,
        *,
        place: str,
        rto_target_s: float,
        rpo_target_s: float | None = None,
        loss: Loss | None = None,
    ) -> Scorecard:
        """What it all adds up to. Raises DrillRefused for a drill that measured nothing, or zero."""
        if loss is not None and loss.acknowledged == 0:
            raise DrillRefused("The drill had no commit that could have been lost, so it shows nothing.")
        return valid(
            Scorecard(
                scenario=scenario,
                place=place,
                begun_at=self.begun_at,
                finished_at=datetime.now(UTC),
                injected=injected,
                rto_s=self.rto_s,
                rto_target_s=rto_target_s,
                rpo_s=None if loss is None else loss.seconds,
                rpo_target_s=rpo_target_s,
                rpo_rows=None if loss is None else loss.rows,
                phases=tuple(self.phases),
                checks=tuple(self.checks),
            )
        )


def valid(card: Scorecard) -> Scorecard:
    """`card`, if it shows anything. Raises DrillRefused saying what was not measured."""
    wrong = {
        "it names no disaster": not card.injected,
        "no time to recover was measured": card.rto_s <= 0,
        "no step of a recovery was measured": not card.phases,
        "nothing was checked afterwards": not card.checks,
        "it took no time at all": card.finished_at <= card.begun_at,
    }
    told = [reason for reason, holds in wrong.items() if holds]
    if told:
        raise DrillRefused(f"This was no drill: {'; '.join(told)}.")
    return card
