"""`insitechart drill`: rehearses a disaster at a terminal, with progress. It does not know how one is staged.

The same code that the flow runs. Nothing in use is touched; what the drill needs is gone afterwards.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import click

from flows.support.backup_store import open_store
from lib.backup.keys import load_backup_keys
from lib.db.pool import open_pool
from lib.db.recovery.drills import write_drill
from lib.errors import DatabaseError, PlatformError
from lib.platform import database_url
from lib.recovery.rehearse import NAMES, Name, Rehearsed, rehearse
from lib.recovery.report import sentence
from lib.settings import Settings, load_settings

_INTERRUPTED = 130

_TOLD: dict[Name, str] = {
    "database": "kills a primary and promotes its standby, then deletes the server and restores it from a store",
    "application": "kills an API while it is used, then rolls out a version that never becomes ready",
    "infrastructure": "destroys a whole site, and builds another from a store and the key alone",
    "faults": "spoils copies of backups in eight ways, each of which has to be noticed",
}


@click.command()
@click.argument("scenario", type=click.Choice(NAMES))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--report", is_flag=True, help="Print the whole report of each disaster, as Markdown.")
def drill(scenario: Name, yes: bool, report: bool) -> None:
    """Rehearse a disaster on copies of what is in use, and measure the way back.

    Exit code 1 where it does not pass. It takes some minutes and keeps the machine busy meanwhile.
    """
    settings = load_settings()
    click.echo(f"This {_TOLD[scenario]}: all of it in {settings.home / 'drills'}, on ports of its own.")
    click.echo("What is in use is only read. What the drill makes is removed afterwards.")
    if not yes:
        click.confirm("Begin?", abort=True)
    try:
        finished, written = asyncio.run(_run(scenario, settings))
    except KeyboardInterrupt:
        click.echo("\nStopped. What it had made is gone.", err=True)
        sys.exit(_INTERRUPTED)
    for done in finished:
        for warning in done.warnings:
            click.echo(click.style("warning: ", fg="yellow") + warning, err=True)
        click.echo(done.report if report else sentence(done.card))
    click.echo(written)
    if not all(done.card.passed for done in finished):
        sys.exit(1)


async def _run(scenario: Name, settings: Settings) -> tuple[list[Rehearsed], str]:
    store = await open_store(settings)
    keys = await asyncio.to_thread(load_backup_keys, settings)
    finished: list[Rehearsed] = []
    try:
        await rehearse(scenario, settings, store, keys, run=_shown, finished=finished.append)
    finally:
        # what was measured before something went wrong counts all the same
        written = await _write(settings, finished)
    return finished, written


async def _shown(name: str, budget_s: float, work: Callable[[], Awaitable[Any]], /) -> Any:
    begun = time.monotonic()
    try:
        done = await work()
    except Exception:
        click.echo(f"  {click.style('failed', fg='red')}  {name}", err=True)
        raise
    seconds = time.monotonic() - begun
    late = "" if seconds <= budget_s else click.style(f"  (budget {budget_s:g} s)", fg="yellow")
    click.echo(f"  {seconds:6.2f} s  {name}{late}", err=True)
    return done


async def _write(settings: Settings, finished: list[Rehearsed]) -> str:
    try:
        async with open_pool(database_url(settings), application="insitechart-drill", max_size=1) as pool:
            ids = [await write_drill(pool, done.card, done.report) for done in finished]
    except (PlatformError, DatabaseError):
        return "Nothing of it is written down, for no database of this installation is running."
    return f"Written down as drill {', '.join(str(number) for number in ids)}." if ids else "Nothing was measured."
