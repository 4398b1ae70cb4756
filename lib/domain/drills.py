"""Drills as people speak of them: a rehearsed disaster, its phases with their budgets, and what was measured. Pure."""

from datetime import datetime
from typing import Literal

import msgspec

from lib.domain.backups import Check

Scenario = Literal["database", "application", "infrastructure", "fault"]
# those of the plan, in its order
PhaseName = Literal["detect", "assess", "recover", "verify"]


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a recovery: what was done, in which phase of the plan, its seconds, and the seconds it may take."""

    phase: PhaseName
    name: str
    seconds: float
    budget_s: float
    found: str = ""

    @property
    def in_time(self) -> bool:
        return self.seconds <= self.budget_s


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill measured. Times in UTC. `rto_s` are the seconds from the disaster to service again; `rpo_s` and
    `rpo_rows` what was committed before it and is lost, None where that is not what the scenario is about.
    """

    scenario: Scenario
    place: str
    begun_at: datetime
    finished_at: datetime
    injected: str
    rto_s: float
    rto_target_s: float
    rpo_s: float | None
    rpo_target_s: float | None
    rpo_rows: int | None
    phases: tuple[Phase, ...]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Everything that was looked at is right, and both targets hold."""
        in_time = self.rto_s <= self.rto_target_s
        little_lost = self.rpo_s is None or self.rpo_target_s is None or self.rpo_s <= self.rpo_target_s
        return in_time and little_lost and all(check.ok for check in self.checks)
