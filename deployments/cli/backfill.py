"""`insitechart backfill`: shows what the past would cost, asks, and fetches it. It does not know how a source is asked.

The same code that the flow runs.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from lib.collect import told
from lib.collect.backfill import fill
from lib.collect.filled import Filled
from lib.collect.opening import Opened, configured, open_source
from lib.collect.plans import queue_plan
from lib.collect.wanted import plan_for, window_of
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool, open_pool
from lib.domain.bars import INTERVALS, Interval
from lib.domain.gaps import Window
from lib.platform import database_url
from lib.settings import Settings, load_settings

_INTERRUPTED = 130


def _words(ctx: click.Context, parameter: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


@click.command()
@click.argument("source", required=False)
@click.option("--symbols", callback=_words, metavar="A,B,…", help="Symbols; default: the watchlist.")
@click.option("--streams", callback=_words, metavar="A,B,…", help="Streams of posts instead; default: all.")
@click.option("--start", metavar="DAY", help="First day, or a moment with a time zone.")
@click.option("--end", metavar="DAY", help="Last day, which is included, or a moment; default: now.")
@click.option("--interval", type=click.Choice(INTERVALS), default="1d", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Ask for no more windows than this.")
@click.option("--yes", is_flag=True, help="Do not ask before asking the source.")
def backfill(
    source: str | None,
    symbols: list[str] | None,
    streams: list[str] | None,
    start: str | None,
    end: str | None,
    interval: Interval,
    limit: int | None,
    yes: bool,
) -> None:
    """Fetch what is missing of the past from SOURCE; without a source, what is queued and due.

    What it takes is shown first. Killed or interrupted it goes on where it was when it is called again.
    """
    settings = load_settings()
    if source is None and (symbols or streams or start or end):
        raise click.UsageError("Say which source: insitechart backfill SOURCE --start …")
    if source is not None and start is None:
        raise click.UsageError("Say from when on: --start 2026-03-02")
    try:
        if source is None or start is None:
            asyncio.run(_queue(settings, limit, yes=yes))
        else:
            window = window_of(start, end, now=datetime.now(UTC))
            asyncio.run(_wanted(settings, source, window, symbols, streams, interval, limit, yes=yes))
    except KeyboardInterrupt:
        click.echo("\nStopped. What is left stays queued, and is filled when it is due.", err=True)
        sys.exit(_INTERRUPTED)


async def _wanted(
    settings: Settings,
    source: str,
    window: Window,
    symbols: list[str] | None,
    streams: list[str] | None,
    interval: Interval,
    limit: int | None,
    *,
    yes: bool,
) -> None:
    async with (
        open_pool(database_url(settings), application="insitechart-backfill") as pool,
        open_source(pool, settings, source) as opened,
    ):
        plan = await plan_for(
            pool, opened, window, symbols=symbols, streams=streams, interval=interval, watchlist=settings.watchlist
        )
        _print_table(told.plan_rows(plan))
        click.echo(told.plan_summary(plan))
        if plan.shards and _agreed(yes=yes):
            ids = await queue_plan(pool, plan)
            _tell(await _filled(pool, opened, ids, len(ids), limit), opened)


async def _queue(settings: Settings, limit: int | None, *, yes: bool) -> None:
    async with open_pool(database_url(settings), application="insitechart-backfill") as pool:
        now = datetime.now(UTC)
        due = [gap for gap in await open_gaps(pool) if gap.next_try_at <= now]
        _print_table(told.gap_rows(due))
        click.echo(f"{len(due)} gaps are due.")
        if not due or not _agreed(yes=yes):
            return
        for declared in configured(settings):
            count = sum(gap.source == declared.name for gap in due)
            if count:
                async with open_source(pool, settings, declared.name) as opened:
                    _tell(await _filled(pool, opened, None, count, limit), opened)


async def _filled(pool: Pool, opened: Opened, ids: list[int] | None, count: int, limit: int | None) -> list[Filled]:
    with click.progressbar(
        length=min(count, limit or count), label=opened.declared.name, show_pos=True, file=sys.stderr
    ) as bar:
        return await fill(pool, opened, ids=ids, limit=limit, on_filled=lambda filled: bar.update(1))


def _agreed(*, yes: bool) -> bool:
    return yes or click.confirm("Ask for it now?", default=False)


def _tell(filled: list[Filled], opened: Opened) -> None:
    _print_table([row for row in told.filled_rows(filled) if row["state"] != "filled"])
    click.echo(told.filled_summary(filled, [opened.gate.reason] if opened.gate.reason else []))


def _print_table(rows: Sequence[told.Row]) -> None:
    if not rows:
        return
    table = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[place]) for line in table) for place in range(len(table[0]))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
