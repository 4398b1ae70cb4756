"""A rehearsed disaster as a flow: each step a task with its budget, a scorecard, a row, a report. It never touches what
is in use, and does not know how a disaster is staged (lib/recovery does).
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact, text_artifact
from flows.support.backup_store import open_store
from flows.support.context import database
from flows.support.telling import tell_of
from lib.backup.keys import load_backup_keys
from lib.db.pool import Pool
from lib.db.recovery.drills import write_drill
from lib.domain.drills import Scorecard
from lib.errors import InsiteChartError, RecoveryError
from lib.recovery.rehearse import Name, Rehearsed, rehearse
from lib.recovery.report import rows, sentence
from lib.settings import Settings, load_settings


def _run_name() -> str:
    return f"rehearse: {flow_run.parameters.get('scenario')}"


# a step that is repeated would measure something else: what fails, fails the drill
@task(task_run_name="{name}", cache_policy=NO_CACHE)
async def step(name: str, budget_s: float, work: Callable[[], Awaitable[Any]]) -> Any:
    """One step of a drill. That it takes longer than its budget is said, and ends nothing."""
    begun = monotonic()
    done = await work()
    seconds = monotonic() - begun
    if seconds > budget_s:
        get_run_logger().warning("%s took %.1f s, and may take %g s.", name, seconds, budget_s)
    return done


@task(task_run_name="write down: {done.card.injected}", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10)
async def write_down(pool: Pool, scenario: Name, done: Rehearsed) -> int:
    """Writes the row of one disaster, and shows its scorecard and its report; the row's id."""
    said = sentence(done.card)
    await table_artifact(f"drill-{scenario}", rows(done.card), said)
    await text_artifact(f"drill-{scenario}-report", done.report, said)
    return await write_drill(pool, done.card, done.report)


@flow(name="drill", flow_run_name=_run_name)
async def drill(scenario: Name) -> list[dict[str, Any]]:
    """Rehearses `scenario` on copies, in folders and on ports of its own, which are gone afterwards.

    Returns a summary of each disaster: RTO and RPO in seconds, lost commits, passed or not. Raises RecoveryError where
    one did not pass, DrillRefused where something in use would have been touched or nothing was measured.
    """
    settings = load_settings()
    async with database("insitechart-drill", connections=2) as pool:
        finished: list[Rehearsed] = []
        try:
            keys = await asyncio.to_thread(load_backup_keys, settings)
            await rehearse(
                scenario, settings, await open_store(settings), keys, run=step, finished=finished.append
            )  # fmt: skip
        except InsiteChartError as error:
            await _write(pool, scenario, finished)
            await _tell(pool, settings, scenario, False, f"{error} {error.hint}".strip())
            raise
        await _write(pool, scenario, finished)
        passed = all(done.card.passed for done in finished)
        said = " ".join([sentence(done.card) for done in finished] + [w for done in finished for w in done.warnings])
        await _tell(pool, settings, scenario, passed, said)
    if not passed:
        raise RecoveryError(f"The drill did not pass. {said}", hint="Its report says which step, and what was found.")
    return [_summary(done.card) for done in finished]


async def _write(pool: Pool, scenario: Name, finished: list[Rehearsed]) -> None:
    for done in finished:
        for warning in done.warnings:
            get_run_logger().warning(warning)
        get_run_logger().info(sentence(done.card))
        await write_down(pool, scenario, done)


async def _tell(pool: Pool, settings: Settings, scenario: Name, passed: bool, said: str) -> None:
    emit_event(
        f"insitechart.drill.{'passed' if passed else 'failed'}",
        resource={"prefect.resource.id": f"insitechart.drill.{scenario}", "prefect.resource.name": f"drill {scenario}"},
        payload={"what": said},
    )
    title = f"The drill {scenario} {'passed' if passed else 'failed'}"
    await tell_of(pool, settings, f"drill {scenario}", passed, title, said)


def _summary(card: Scorecard) -> dict[str, Any]:
    return {
        "injected": card.injected,
        "passed": card.passed,
        "rto_s": round(card.rto_s, 3),
        "rpo_s": None if card.rpo_s is None else round(card.rpo_s, 3),
        "rpo_rows": card.rpo_rows,
    }
