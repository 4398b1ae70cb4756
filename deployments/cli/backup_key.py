"""`insitechart backup key`: makes, shows, rotates and tries the keys of backups. It does not know what they seal.

A key that was lost is to be found missing here, and not on the day of the disaster.
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

import click

from flows.support.backup_store import open_store
from lib.backup.catalogue import installations, read_backups
from lib.backup.keys import (
    BackupKeys,
    backup_keys_file,
    load_backup_keys,
    new_identity,
    parse_backup_keys,
    read_backup_keys,
    write_backup_keys,
)
from lib.backup.layout import MANIFEST, backup_key
from lib.backup.pruning import KINDS
from lib.backup.sealing import unseal_bytes
from lib.backup.store.objects import Store
from lib.domain.backups import Backup
from lib.errors import ConfigurationError, KeyRefused, RecoveryError
from lib.settings import Settings, load_settings


class Tried(NamedTuple):
    """What came of opening one backup; `why` is empty where it opened."""

    backup: Backup
    why: str


@click.group()
def key() -> None:
    """The keys that open backups: make one, show them, rotate, and try whether they open what is kept."""


@key.command()
def new() -> None:
    """Print a fresh key, for INSITECHART_BACKUP_KEYS or a file of your own. Nothing is changed."""
    click.echo(new_identity())


@key.command()
@click.option("--secret", is_flag=True, help="The keys themselves, for a copy that is kept elsewhere.")
def show(secret: bool) -> None:
    """Show the public halves, the sealing one first; with --secret, what opens every backup."""
    settings = load_settings()
    held = _held(settings)
    if not secret:
        for number, recipient in enumerate(held.recipients):
            click.echo(f"{recipient}  {'seals and opens' if number == 0 else 'opens'}")
        return
    for identity in held.identities:
        click.echo(str(identity))
    click.echo("Whoever has these lines reads every backup; whoever loses them reads none.", err=True)


@key.command()
def rotate() -> None:
    """Make a key that seals from now on; those before it go on opening what is older."""
    settings = load_settings()
    file = backup_keys_file(settings)
    if file is None:
        raise ConfigurationError(
            "The keys of backups stand in INSITECHART_BACKUP_KEYS, which only you can change.",
            hint="Put what `insitechart backup key new` prints in front of them, and start the platform anew.",
        )
    held = _held(settings)
    identity = new_identity()
    write_backup_keys(file, [identity, *(str(one) for one in held.identities)])
    made = parse_backup_keys(identity, place="the new key")
    click.echo(f"{made.recipients[0]} seals what is begun from now on.")
    click.echo(f"Copy {file} to where its copy is kept, then: insitechart backup key check --escrow COPY")
    click.echo("What sends the log seals with it once the platform is started anew.")


@key.command()
@click.option(
    "--escrow", type=click.Path(path_type=Path),
    help="The copy that is kept elsewhere: it alone is tried (INSITECHART_BACKUP_ESCROW_FILE).",
)  # fmt: skip
def check(escrow: Path | None) -> None:
    """Open every backup of the store with the keys, and say which they do not open."""
    settings = load_settings()
    file = escrow or settings.backup_escrow_file
    held = read_backup_keys(file) if file is not None else _held(settings)
    tried = asyncio.run(_try(settings, held))
    if not tried:
        raise KeyRefused(
            "There is no backup to try the keys on.", hint="Take one: insitechart backup take. Then try again."
        )
    refused = [one for one in tried if one.why]
    for one in refused:
        click.echo(f"{one.backup.id} ({one.backup.index.kind}): {one.why}")
    place = str(file) if file is not None else "the installation itself"
    if refused:
        raise KeyRefused(
            f"The keys of {place} open {len(tried) - len(refused)} of {len(tried)} backups.",
            hint="Find the key they were sealed for before it is needed: its public half is in each index.json.",
        )
    click.echo(f"The keys of {place} open all {len(tried)} backups.")
    if file is None:
        click.echo("Those lie on this machine. Try the copy that is kept elsewhere, too: --escrow FILE")


def _held(settings: Settings) -> BackupKeys:
    file = backup_keys_file(settings)
    if file is not None and not file.exists():
        # a fresh one, as a first backup makes it, would open nothing
        raise KeyRefused(
            f"There are no keys of backups in {file}.",
            hint="The first backup makes them. Had there been any, bring the copy that is kept elsewhere.",
        )
    return load_backup_keys(settings)


async def _try(settings: Settings, held: BackupKeys) -> list[Tried]:
    store = await open_store(settings)
    return await asyncio.to_thread(
        lambda: [
            Tried(backup, _why_not(store, held, backup))
            for installation in installations(store)
            for kind in KINDS
            for backup in read_backups(store, installation, kind)
        ]
    )


def _why_not(store: Store, held: BackupKeys, backup: Backup) -> str:
    index = backup.index
    stored = index.objects.get(MANIFEST)
    try:
        unseal_bytes(
            store.get(backup_key(index.installation, index.kind, index.id, MANIFEST)),
            held,
            what=f"the manifest of {index.id}",
            sha256=stored.sha256 if stored else None,
        )
    except RecoveryError as error:
        return str(error)
    return ""
