"""`insitechart restore`: shows what it would do, asks, and restores the database to a moment. It does not know how.

What is in use is never overwritten: the folder that was there is moved aside, and only once the new one is whole.
"""

import asyncio
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from deployments.cli.restore_progress import shown_steps
from deployments.cli.restore_site import bring_site_back
from deployments.local.instance import hold
from flows.support.backup_store import open_store
from lib.backup.catalogue import only_installation
from lib.backup.keys import BackupKeys, backup_keys_file, load_backup_keys
from lib.backup.pitr.planning import Plan, plan_restore
from lib.backup.pitr.restore import Restored, restore_to
from lib.backup.pitr.targets import Target, parse_target
from lib.backup.store.objects import Store
from lib.errors import ConfigurationError, KeyRefused
from lib.settings import Settings, load_settings

_INTERRUPTED = 130


class _Wish(NamedTuple):
    store: Store
    keys: BackupKeys
    installation: str
    folder: Path
    is_ours: bool


@click.command()
@click.option("--to", "target", metavar="WHEN", help='"2026-11-23 04:05:06Z", latest, lsn:…, xid:…, or name:….')
@click.option("--backup", metavar="ID", help="A logical backup instead: the whole database as it was then.")
@click.option("--site", is_flag=True, help="What lies beside the database: secret keys, settings, Prefect's history.")
@click.option("--into", type=click.Path(path_type=Path), help="An empty folder instead of the platform's own database.")
@click.option("--installation", metavar="ID", help="Whose backups, where the store has those of several.")
@click.option("--system", metavar="ID", help="Which cluster, where there were several; default: the latest.")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before restoring.")
def restore(
    target: str | None,
    backup: str | None,
    site: bool,
    into: Path | None,
    installation: str | None,
    system: str | None,
    only_plan: bool,
    yes: bool,
) -> None:
    """Restore the database to a moment, from the store alone.

    The platform of this folder must be stopped. The database that was there is moved aside, never deleted.
    """
    if (target is not None) + (backup is not None) + site != 1:
        raise click.UsageError(
            'Say to when: --to "2026-11-23 04:05:06Z" or --to latest; or which one: --backup ID; or --site.'
        )
    settings = load_settings()
    wanted = parse_target(target) if target is not None else None
    into = None if into is None else into.expanduser().absolute()
    try:
        if site:
            asyncio.run(_site(settings, into, installation))
            return
        asyncio.run(_restore(settings, wanted, backup, into, installation, system, only_plan=only_plan, yes=yes))
    except KeyboardInterrupt:
        click.echo("\nStopped. Nothing was changed.", err=True)
        sys.exit(_INTERRUPTED)


async def _site(settings: Settings, into: Path | None, installation: str | None) -> None:
    wish = await _wish(settings, into or settings.home, installation)
    await bring_site_back(settings, wish.store, wish.keys, wish.installation, into)


async def _restore(
    settings: Settings,
    target: Target | None,
    backup: str | None,
    into: Path | None,
    installation: str | None,
    system: str | None,
    *,
    only_plan: bool,
    yes: bool,
) -> None:
    wish = await _wish(settings, into, installation)
    # asked first, so that nobody waits for a plan that cannot be followed; held to the end
    held = hold(settings.home) if wish.is_ours and not only_plan else nullcontext()
    with held:
        if target is not None:
            plan = await asyncio.to_thread(plan_restore, wish.store, wish.keys, wish.installation, target, system)
            _show(plan, target, wish)
        else:
            click.echo(f"restores  logical backup {backup}\ninto      {wish.folder}")
        if only_plan:
            return
        if not yes and not click.confirm(_question(wish), default=False):
            click.echo("Nothing was changed.")
            return
        now = datetime.now(UTC)
        new = wish.folder.with_name(f"{wish.folder.name}.new-{now:%Y%m%dT%H%M%SZ}") if wish.is_ours else wish.folder
        if target is not None:
            with shown_steps() as report:
                restored = await restore_to(
                    wish.store, wish.keys, wish.installation, target, folder=new, system=system, on_progress=report
                )
            _tell(restored)
        else:
            from deployments.cli.restore_logical import restore_logical

            await restore_logical(settings, wish.store, wish.keys, wish.installation, str(backup), new)
        _put_in_place(wish, new, now)


async def _wish(settings: Settings, into: Path | None, installation: str | None) -> _Wish:
    file = backup_keys_file(settings)
    if file is not None and not file.exists():
        # a fresh one, as it is made elsewhere, would open nothing
        raise KeyRefused(
            f"The keys of the backups are not in {file}.",
            hint="Bring the copy that is kept elsewhere, and set INSITECHART_BACKUP_KEYS_FILE to it.",
        )
    keys, store = load_backup_keys(settings), await open_store(settings)
    if into is None and settings.database_url is not None:
        raise ConfigurationError(
            "The database is at INSITECHART_DATABASE_URL, and somebody else runs its server.",
            hint="Restore to a folder, and start or dump it there: --into FOLDER",
        )
    folder = settings.home / "postgres" if into is None else into
    found = installation if installation is not None else await asyncio.to_thread(only_installation, store)
    return _Wish(store, keys, found, folder, into is None)


def _show(plan: Plan, target: Target, wish: _Wish) -> None:
    click.echo(f"store     {wish.store.place}, installation {wish.installation}, cluster {plan.system}")
    click.echo(f"window    {plan.window}")
    click.echo(f"restores  {target}")
    if plan.chain:
        last = plan.chain[-1]
        more = f", after {len(plan.chain) - 1} that it builds on" if len(plan.chain) > 1 else ""
        click.echo(
            f"begins    with base backup {last.id} ({last.state}{more}; {plan.stored_bytes / 1e6:,.1f} MB to read,"
            f" {plan.plain_bytes / 1e6:,.1f} MB on disk)"
        )
        click.echo(f"replays   up to {plan.segments} segments of log")
    else:
        click.echo("begins    with the base backup before it, which is found in the log")
    click.echo(f"into      {wish.folder}")
    if wish.is_ours and wish.folder.exists():
        click.echo(f"          what is there now is kept as {wish.folder.name}.before-…")


def _question(wish: _Wish) -> str:
    return "Replace the platform's database by it?" if wish.is_ours else f"Restore it to {wish.folder}?"


def _tell(restored: Restored) -> None:
    reached = f", last commit {restored.reached_at:%Y-%m-%d %H:%M:%S.%f}Z" if restored.reached_at else ""
    seconds = sum(restored.seconds.values())
    click.echo(f"Restored {restored.target} in {seconds:,.1f} s: at {restored.reached_lsn}{reached}.")


def _put_in_place(wish: _Wish, new: Path, now: datetime) -> None:
    if not wish.is_ours:
        click.echo(f"It lies in {new}: data/ is the cluster, password that of its role `insitechart`.")
        click.echo("It is stopped, sends no log anywhere, and lets in nobody but this machine.")
        return
    aside = wish.folder.with_name(f"{wish.folder.name}.before-{now:%Y%m%dT%H%M%SZ}")
    if wish.folder.exists():
        wish.folder.rename(aside)
        click.echo(f"What was there is in {aside}; remove it once all is well.")
    new.rename(wish.folder)
    click.echo("Start it: insitechart up")
    click.echo("A fresh base backup is taken by the first look at the archive, or now: insitechart backup take --base")
