"""The clock of a drill, and which drills do not count: those that measured nothing, or zero."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from lib.domain.drills import Scorecard
from lib.errors import DrillRefused, NotRestorable
from lib.recovery.losses import Loss
from lib.recovery.stage import Stage, valid


async def rehearsed() -> Scorecard:
    """A small drill that counts."""
    stage = Stage()
    stage.strike()
    await stage.step("recover", "wait a little", 1.0, lambda: asyncio.sleep(0.001))
    stage.serve()
    stage.check("it is back", True, "it answers")
    return stage.card("database", "nothing bad", place="here", rto_target_s=5, rpo_target_s=0, loss=Loss(9, 0, 0, 0.0))


async def test_a_drill_that_measured_something_counts() -> None:
    card = await rehearsed()
    assert card.passed
    assert (card.rpo_rows, card.rpo_s) == (0, 0)
    assert 0 < card.phases[0].seconds <= card.rto_s < 5


async def test_a_drill_that_measured_nothing_does_not_count() -> None:
    card = await rehearsed()
    for changed, why in (
        ({"rto_s": 0.0}, "no time to recover"),
        ({"phases": ()}, "no step of a recovery"),
        ({"checks": ()}, "nothing was checked"),
        ({"injected": ""}, "names no disaster"),
        ({"finished_at": card.begun_at - timedelta(seconds=1)}, "no time at all"),
    ):
        with pytest.raises(DrillRefused, match=why):
            valid(msgspec.structs.replace(card, **changed))


async def test_without_a_disaster_or_a_commit_there_is_no_scorecard() -> None:
    stage = Stage()
    stage.check("x", True, "x")
    with pytest.raises(DrillRefused, match="no disaster"):
        stage.card("database", "nothing", place="here", rto_target_s=1)
    stage.strike()
    await stage.step("recover", "wait", 1.0, lambda: asyncio.sleep(0.001))
    stage.serve()
    with pytest.raises(DrillRefused, match="no commit"):
        stage.card("database", "nothing", place="here", rto_target_s=1, loss=Loss(0, 0, 0, 0.0))


async def test_a_step_that_fails_is_written_down_before_its_error_is_raised() -> None:
    async def fails() -> None:
        raise NotRestorable("there is nothing")

    stage = Stage()
    with pytest.raises(NotRestorable):
        await stage.step("recover", "restore", 1.0, fails)
    assert [(phase.name, phase.found) for phase in stage.phases] == [("restore", "it failed: there is nothing")]


async def test_every_step_goes_through_whoever_runs_steps() -> None:
    ran = []

    async def run(name: str, budget_s: float, work: Callable[[], Awaitable[Any]], /) -> Any:
        ran.append((name, budget_s))
        return await work()

    async def two() -> int:
        return 2

    stage = Stage(run)
    assert await stage.prepare("get ready", 3.0, two) == 2
    assert await stage.step("verify", "look", 4.0, two, str) == 2
    assert ran == [("get ready", 3.0), ("look", 4.0)]
    assert stage.phases[0].found == "2"
