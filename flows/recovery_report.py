"""Tells how well everything is protected: a summary each week, and at once where a promise is not kept.

It judges nothing and asks no server; lib/recovery/standing.py has what was written down, and the store is listed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.backup_store import open_store
from flows.support.context import database
from lib.backup.store.objects import Store
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.drills import DrillRow, drills_of
from lib.db.recovery.notices import last_notice, write_notice
from lib.db.recovery.standing import Since, backups_since
from lib.errors import BackupFailed, StoreError
from lib.notify import Notifier
from lib.recovery.standing import Protection, next_drill, protection
from lib.settings import Settings, load_settings

_WEEK = timedelta(days=7)
# who asks for an alarm may go on asking for as long as something is wrong
_AGAIN = timedelta(hours=6)
_SHELVES = {"dumps": "logical backups", "base": "base backups", "wal": "write-ahead log", "site": "sites"}


class Week(NamedTuple):
    """What a report is about. `shelves` are bytes in the store by what they are; None where it does not answer."""

    found: Protection
    backups: Sequence[Since]
    drills: Sequence[DrillRow]
    shelves: Mapping[str, int] | None


def _run_name() -> str:
    return "alarm: backups" if flow_run.parameters.get("alarm") else "report on backups"


@task(task_run_name="read what was written down", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def read_week(pool: Pool, store: Store) -> Week:
    """The last seven days and how everything stands now."""
    found = await protection(pool)
    backups = await backups_since(pool, found.at - _WEEK)
    drills = [drill for drill in await drills_of(pool, limit=200) if drill.begun_at >= found.at - _WEEK]
    try:
        shelves = await asyncio.to_thread(shelves_of, store, await installation_id(pool))
    except StoreError as error:
        get_run_logger().error(str(error))
        shelves = None
    return Week(found, backups, drills, shelves)


@task(task_run_name="tell people", cache_policy=NO_CACHE, retries=3, retry_delay_seconds=20)
async def tell(notifier: Notifier, title: str, body: str, *, failed: bool) -> None:
    """Tells everybody. Raises BackupFailed where somebody is to be told, and nobody could be."""
    if not await notifier.tell("recovery report", "failed" if failed else "info", title, body):
        raise BackupFailed("Nobody could be told.", hint="See INSITECHART_NOTIFY_URLS, and the log of this run.")


@flow(name="recovery-report", flow_run_name=_run_name)
async def recovery_report(alarm: str = "") -> dict[str, str]:
    """Tells how the week's backups, restore tests and drills went, and what would be lost now.

    With `alarm`, a sentence, the same is told as a failure that begins with it. Returns the report, a sentence by
    subject. The same alarm is told once in six hours at most.

    Raises ConfigurationError for addresses that are none, BackupFailed where nobody could be told.
    """
    settings = load_settings()
    async with database("insitechart-recovery-report", connections=2) as pool:
        week = await read_week(pool, await open_store(settings))
        lines = report_lines(week, settings)
        title = alarm or headline(week, settings)
        await table_artifact("recovery-report", _rows(lines), title)
        get_run_logger().info("%s %s", title, lines)
        before = await last_notice(pool, f"alarm: {alarm}") if alarm else None
        if before is None or before.told_at < week.found.at - _AGAIN:
            body = "\n".join(f"{name}: {said}" for name, said in lines.items())
            await tell(Notifier(settings), title, body, failed=bool(alarm) or not is_kept(week, settings))
            if alarm:
                await write_notice(pool, f"alarm: {alarm}", "failed", datetime.now(UTC), alarm)
    return lines


def is_kept(week: Week, settings: Settings) -> bool:
    """Whether no more than promised would be lost now, and no last drill has failed."""
    loss = week.found.loss
    return (
        loss is not None
        and loss.seconds <= settings.rpo_database_s
        and all(drill.passed for drill in week.found.drills.values())
    )


def headline(week: Week, settings: Settings) -> str:
    """The report in one sentence."""
    loss = week.found.loss
    if loss is None:
        return "Backups: none is good, so everything would be lost."
    failed = [name for name, drill in week.found.drills.items() if not drill.passed]
    if loss.seconds > settings.rpo_database_s:
        return f"Backups: {_span(loss.seconds)} would be lost now; {_span(settings.rpo_database_s)} are promised."
    if failed:
        return f"Backups: the last drill of {', '.join(failed)} has failed."
    return f"Backups: at most {_span(loss.seconds)} would be lost now, as promised."


def report_lines(week: Week, settings: Settings) -> dict[str, str]:
    """The report, a sentence by subject."""
    found = week.found
    lines: dict[str, str] = {}
    for kind, title in (("logical", "logical backups"), ("base", "base backups")):
        last = found.last_good.get(kind)
        newest = f"newest good one {_age(found.at, last.begun_at)} old ({last.id})" if last else "none is good"
        lines[title] = f"{_counts([row for row in week.backups if row.kind == kind])}; {newest}"
    tested = [row for row in week.backups if row.state in ("good", "bad")]
    seconds = sum(row.verify_seconds for row in tested)
    lines["tests of restoring"] = f"{sum(row.backups for row in tested)} this week, {_span(seconds)} in all"
    lines["would be lost now"] = (
        f"{_span(found.loss.seconds)}, the rest from the {found.loss.restored_from}; promised are "
        f"{_span(settings.rpo_database_s)}"
        if found.loss
        else "everything"
    )
    for log in found.log:
        note = f": {log.note}" if log.note else ""
        kept = f"in the store up to {_age(found.at, log.safe_until)} ago, {_mb(log.slot_bytes)} held back"
        lines[f"log ({log.slot})"] = f"{log.state}, {kept}{note}"
    if not found.log:
        lines["log"] = "nobody sends it: only what whole backups hold would be left"
    for scenario, drill in found.drills.items():
        lines[f"drill ({scenario})"] = _drill(found.at, drill)
    lines["drills"] = f"{len(week.drills)} this week; next due {next_drill(found.at):%Y-%m-%d}" + (
        "" if found.drills else "; never rehearsed: `prefect deployment run drill/database`"
    )
    lines["store"] = _store(week.shelves)
    return lines


def shelves_of(store: Store, installation: str) -> dict[str, int]:
    """Bytes in `store`, by what they are."""
    sizes: defaultdict[str, int] = defaultdict(int)
    for found in store.objects(f"{installation}/"):
        sizes[found.key.split("/", 2)[1]] += found.size
    return dict(sizes)


def _counts(rows: Sequence[Since]) -> str:
    told = ", ".join(f"{row.backups} {row.state}" for row in rows)
    return f"{told} this week" if told else "none this week"


def _drill(now: datetime, drill: DrillRow) -> str:
    lost = "" if drill.rpo_s is None else f", {drill.rpo_s:g} s of data lost"
    verdict = "passed" if drill.passed else "FAILED"
    return f"{verdict} {_age(now, drill.finished_at)} ago: back in {drill.rto_s:g} s of {drill.rto_target_s:g}{lost}"


def _store(shelves: Mapping[str, int] | None) -> str:
    if shelves is None:
        return "does not answer"
    told = ", ".join(f"{_mb(size)} of {_SHELVES.get(name, name)}" for name, size in sorted(shelves.items()))
    return told or "empty"


def _age(now: datetime, moment: datetime) -> str:
    return _span((now - moment.astimezone(UTC)).total_seconds())


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(seconds, 0):.1f} s"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _rows(lines: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"subject": name, "is": said} for name, said in lines.items()]
