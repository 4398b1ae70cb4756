"""The import of files as a flow, for those who run it from Prefect. It does not know how a file is read
(lib/sources/archive does).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.db.coverage import record_coverage
from lib.db.pool import Pool
from lib.domain.bars import Interval
from lib.domain.coverage import Coverage
from lib.errors import ArchiveError
from lib.settings import load_settings
from lib.sources.archive.accounts import Progress, Summary
from lib.sources.archive.columns import Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from lib.sources.archive.rejects import default_rejects

_SAYS_EVERY_S = 10.0


def _run_name() -> str:
    files = flow_run.parameters["files"]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"import {flow_run.parameters['kind']} from {Path(files[0]).name}{more}" if files else "import nothing"


@task(task_run_name="import {file.name}", cache_policy=NO_CACHE)
async def import_one(pool: Pool, file: Path, options: ImportOptions) -> Summary:
    """Imports one file; a run that was killed is gone on with. Raises ArchiveError where it cannot be read."""
    logger = get_run_logger()
    said = 0.0

    def say(progress: Progress) -> None:
        nonlocal said
        if progress.seconds - said >= _SAYS_EVERY_S:
            said = progress.seconds
            logger.info("%s rows read, %s rejected", f"{progress.read:,}", f"{progress.rejected:,}")

    rejects = default_rejects(load_settings().home, file)
    return await import_file(pool, file, options, rejects=rejects, on_progress=say)


@flow(name="import-archive", flow_run_name=_run_name)
async def import_archive(
    kind: Kind,
    files: list[str],
    timezone: str | None = None,
    mapping: dict[str, str] | None = None,
    source: str | None = None,
    interval: Interval | None = None,
) -> dict[str, int]:
    """Import posts, bars or symbols from files that the worker can read.

    `timezone` is that of times which carry none, `mapping` leads from columns of the files to our fields, `source` is
    that of all rows, `interval` that of bars which name none. Returns the rows read, new, changed, unchanged and
    rejected. A file that cannot be read fails the run, after the others have been imported.
    """
    options = ImportOptions(kind=kind, timezone=timezone, mapping=mapping or {}, source=source, interval=interval)
    options.check()
    summaries: list[Summary] = []
    failures: list[ArchiveError] = []
    async with database("insitechart-import") as pool:
        for file in map(Path, files):
            try:
                summary = await import_one(pool, file, options)
            except ArchiveError as error:
                failures.append(error)
                continue
            summaries.append(summary)
            await _account(pool, summary)
    await table_artifact(
        key="import-archive",
        rows=[_row(summary) for summary in summaries],
        description="; ".join(["What became of the rows of each file.", *map(str, failures)]),
    )
    if failures:
        raise failures[0]
    return {
        field: sum(getattr(summary, field) for summary in summaries)
        for field in ("read", "new", "changed", "unchanged", "rejected")
    }


async def _account(pool: Pool, summary: Summary) -> None:
    """Records for each source what times the file covers; of listings, that they came now."""
    now = datetime.now(UTC)
    spans = [(source, span.first, span.last, span.rows) for source, span in summary.spans.items()]
    async with pool.acquire() as conn, conn.transaction():
        for source, first, last, rows in spans or [("archive", now, now, summary.read - summary.rejected)]:
            await record_coverage(
                conn,
                Coverage(
                    source=source,
                    stream=summary.file,
                    window_start=first,
                    window_end=last + timedelta(microseconds=1),
                    state="ok" if rows else "empty",
                    reason="" if rows else "no row of the file could be imported",
                    asked=summary.read,
                    received=rows,
                ),
            )


def _row(summary: Summary) -> dict[str, str | int | float]:
    return {
        "file": summary.file,
        "read": summary.read,
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "rejected": summary.rejected,
        "seconds": round(summary.seconds, 2),
        "rejected lines": str(summary.rejects or ""),
    }
