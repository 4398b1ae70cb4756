"""`insitechart backup`: takes, lists, verifies and prunes backups at a terminal. It does not know how that is done.

What is listed is what the store holds, so that it can be asked where nothing else is left.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple

import click
from rich.table import Table

from deployments.cli.backup_key import key
from deployments.cli.console import table_console
from flows.support.backup_store import open_store
from lib.backup.catalogue import only_installation, read_backup, read_backups, write_verdict
from lib.backup.keys import BackupKeys, load_backup_keys
from lib.backup.pruning import KINDS, Pruning, plan_pruning, policy_of, prune
from lib.backup.store.objects import Store
from lib.db.installation import installation_id
from lib.db.pool import Pool, open_pool
from lib.db.recovery.backups import write_backups
from lib.domain.backups import Backup, Index, Kind, Verdict
from lib.errors import BackupFailed, Conflict, Damaged, DatabaseError, NotRestorable, PlatformError
from lib.platform import database_url
from lib.settings import Settings, load_settings

_INSTALLATION = click.option(
    "--installation", metavar="ID", help="Whose backups, where the store has those of several."
)


class Opened(NamedTuple):
    """What a command works on; `pool` is None where no database answers."""

    settings: Settings
    store: Store
    installation: str
    pool: Pool | None


@click.group()
def backup() -> None:
    """Backups: take one, list them, verify one by restoring it, remove old ones, look after the keys."""


backup.add_command(key)


@backup.command()
@click.option("--base", is_flag=True, help="A base backup, from which every later second can be restored.")
@click.option("--verify/--no-verify", default=True, show_default=True, help="Restore it at once, and compare.")
def take(base: bool, verify: bool) -> None:
    """Take a backup now. It is good only once it was verified."""
    asyncio.run(_take(load_settings(), "base" if base else "logical", verify=verify))


@backup.command("list")
@_INSTALLATION
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(installation: str | None, as_json: bool) -> None:
    """List what the store holds, the newest last."""
    asyncio.run(_list(load_settings(), installation, as_json=as_json))


@backup.command()
@click.argument("backup_id", metavar="ID")
@_INSTALLATION
def verify(backup_id: str, installation: str | None) -> None:
    """Restore a backup into a server of its own, compare it, and write down whether it is good."""
    asyncio.run(_verify(load_settings(), backup_id, installation))


@backup.command("prune")
@_INSTALLATION
@click.option("--dry-run", is_flag=True, help="Show what would go and why, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
def prune_(installation: str | None, dry_run: bool, yes: bool) -> None:
    """Remove the backups that no rule keeps, and the log before them."""
    asyncio.run(_prune(load_settings(), installation, dry_run=dry_run, yes=yes))


async def _take(settings: Settings, kind: Kind, *, verify: bool) -> None:
    # these load PostgreSQL's side, which the other commands do not need
    from lib.backup.base.take import take_base
    from lib.backup.dump import take_dump
    from lib.backup.site import take_site
    from lib.db.recovery.snapshots import alone

    url, keys = database_url(settings), load_backup_keys(settings)
    async with _opened(settings, None) as on, alone(url, kind) as is_alone:
        if not is_alone:
            raise Conflict("Another backup of this database is under way.", hint="Wait until it has ended.")
        click.echo(f"takes a {kind} backup of installation {on.installation} to {on.store.place} …")
        now, programs = datetime.now(UTC), settings.pg_bindir
        if kind == "base":
            index = await take_base(
                url, on.store, keys, installation=on.installation, parent=None, now=now, programs=programs
            )
        else:
            index = await take_dump(url, on.store, keys, installation=on.installation, now=now, programs=programs)
        seconds = (index.finished_at - index.begun_at).total_seconds()
        click.echo(f"taken     {index.id}, {_mb(index.plain_bytes)} in {_mb(index.stored_bytes)}, {seconds:.1f} s")
        verdict = await _look(on, keys, index) if verify else None
        await _write_rows(on)
        await asyncio.to_thread(take_site, settings, on.store, keys, on.installation, datetime.now(UTC))
    if verdict is None:
        click.echo(f"It is not verified yet: insitechart backup verify {index.id}")
    else:
        _tell_verdict(index, verdict)


async def _list(settings: Settings, installation: str | None, *, as_json: bool) -> None:
    async with _opened(settings, installation) as on:
        found = await _all(on)
    if as_json:
        click.echo(json.dumps([_plain(one) for one in found], indent=1))
        return
    if not found:
        click.echo(f"The store {on.store.place} has no backups of {on.installation}: insitechart backup take")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "kind", "state", "begun (UTC)", "stored", "taken in", "verified in", "why not"):
        table.add_column(title, overflow="fold")
    for one in found:
        last = one.verdicts[-1] if one.verdicts else None
        table.add_row(
            one.id, one.index.kind + (" +" if one.index.parent else ""), one.state,
            f"{one.index.begun_at:%Y-%m-%d %H:%M:%S}", _mb(one.index.stored_bytes),
            f"{(one.index.finished_at - one.index.begun_at).total_seconds():.1f} s",
            f"{last.seconds:.1f} s" if last else "", _wrong(last) if last else "",
        )  # fmt: skip
    table_console().print(table)


async def _verify(settings: Settings, backup_id: str, installation: str | None) -> None:
    keys = load_backup_keys(settings)
    async with _opened(settings, installation) as on:
        found = await _find(on, backup_id)
        click.echo(f"restores  {found.id} ({found.index.kind}, {_mb(found.index.stored_bytes)}) to compare it …")
        verdict = await _look(on, keys, found.index)
        await _write_rows(on)
    _tell_verdict(found.index, verdict)


async def _prune(settings: Settings, installation: str | None, *, dry_run: bool, yes: bool) -> None:
    policy = policy_of(settings)
    async with _opened(settings, installation) as on:
        plan = await asyncio.to_thread(plan_pruning, on.store, on.installation, datetime.now(UTC), policy)
        _show(plan)
        if plan.refused and dry_run:
            click.echo(plan.refused)
        if dry_run or not plan.removals:
            return
        if plan.refused:
            raise BackupFailed(plan.refused, hint="See why: insitechart backup list")
        if not yes and not click.confirm(f"Remove {plan.objects:,} objects of {_mb(plan.bytes)}?", default=False):
            click.echo("Nothing was removed.")
            return
        done = await asyncio.to_thread(prune, on.store, plan, datetime.now(UTC), policy)
        await _write_rows(on)
    click.echo(f"removed   {done.objects:,} objects of {_mb(done.bytes)}")
    for words in done.stayed:
        click.echo(f"stays     {words}")


async def _look(on: Opened, keys: BackupKeys, index: Index) -> Verdict:
    from flows.support.api_smoke import ask_api
    from lib.backup.base.verify import verify_base
    from lib.backup.verify import verify_dump

    found = await asyncio.to_thread(read_backup, on.store, on.installation, index.kind, index.id)
    folder, programs = on.settings.home.absolute() / "scratch", on.settings.pg_bindir
    if index.kind == "base":
        verdict = await verify_base(
            on.store, keys, on.installation, found, folder=folder, smoke=ask_api, programs=programs
        )
    else:
        jobs = on.settings.backup_jobs
        verdict = await verify_dump(on.store, keys, found, folder=folder, jobs=jobs, smoke=ask_api, programs=programs)
    await asyncio.to_thread(write_verdict, on.store, index, verdict)
    return verdict


@asynccontextmanager
async def _opened(settings: Settings, installation: str | None) -> AsyncIterator[Opened]:
    """The store, and the database where one answers; where none does the store alone says whose backups it has."""
    store = await open_store(settings)
    async with AsyncExitStack() as stack:
        pool: Pool | None = None
        mine: str | None = None
        with suppress(PlatformError, DatabaseError):
            url = database_url(settings)
            pool = await stack.enter_async_context(open_pool(url, application="insitechart-backup", max_size=2))
            mine = await installation_id(pool)
        found = installation or mine
        if found is None:
            found = await asyncio.to_thread(only_installation, store)
        # rows are written about this database's own backups alone
        yield Opened(settings, store, found, pool if found == mine else None)


async def _all(on: Opened) -> list[Backup]:
    found = [one for kind in KINDS for one in await asyncio.to_thread(read_backups, on.store, on.installation, kind)]
    return sorted(found, key=lambda one: one.id)


async def _find(on: Opened, backup_id: str) -> Backup:
    for one in await _all(on):
        if one.id == backup_id:
            return one
    raise NotRestorable(
        f"The store {on.store.place} has no backup {backup_id!r}.", hint="See them: insitechart backup list"
    )


async def _write_rows(on: Opened) -> None:
    if on.pool is None:
        return
    for kind in KINDS:
        found = await asyncio.to_thread(read_backups, on.store, on.installation, kind)
        await write_backups(on.pool, kind, found, on.store.place, datetime.now(UTC))


def _show(plan: Pruning) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "what", "size", "why"):
        table.add_column(title, overflow="fold")
    for removal in plan.removals:
        table.add_row("goes", removal.what, _mb(removal.bytes), removal.why)
    for one in plan.backups:
        why: Sequence[str] = plan.plan.keep.get(one.id, ())
        if why:
            table.add_row("stays", f"{one.index.kind} backup {one.id}", _mb(one.index.stored_bytes), ", ".join(why))
    table_console().print(table)
    if not plan.removals:
        click.echo("Nothing is to be removed.")


def _tell_verdict(index: Index, verdict: Verdict) -> None:
    for check in verdict.checks:
        mark = click.style("ok  ", fg="green") if check.ok else click.style("BAD ", fg="red")
        click.echo(f"  {mark}{check.name}: {check.found} ({check.seconds:.1f} s)")
    if not verdict.ok:
        raise Damaged(
            f"{index.id} is not good: {_wrong(verdict)}.",
            hint="It is kept as evidence. Take another: insitechart backup take",
        )
    click.echo(f"{index.id} is good: restored and compared in {verdict.seconds:.1f} s.")


def _wrong(verdict: Verdict) -> str:
    return "; ".join(f"{check.name}: {check.found}" for check in verdict.checks if not check.ok)


def _plain(one: Backup) -> dict[str, object]:
    last = one.verdicts[-1] if one.verdicts else None
    return {
        "id": one.id,
        "kind": one.index.kind,
        "parent": one.index.parent,
        "state": one.state,
        "begun_at": one.index.begun_at.isoformat(),
        "stored_bytes": one.index.stored_bytes,
        "plain_bytes": one.index.plain_bytes,
        "verified_at": last.at.isoformat() if last else None,
        "wrong": _wrong(last) if last else "",
    }


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
