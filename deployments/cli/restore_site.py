"""`insitechart restore --site`: what an installation needs beside its database, brought back from the store."""

import asyncio
from contextlib import nullcontext
from pathlib import Path

import click

from deployments.local.instance import hold
from lib.backup.keys import BackupKeys
from lib.backup.site import restore_site
from lib.backup.store.objects import Store
from lib.settings import Settings


async def bring_site_back(
    settings: Settings, store: Store, keys: BackupKeys, installation: str, into: Path | None
) -> None:
    """Brings the newest one into `into`, or into the home folder of the platform, which must be stopped.

    Raises NotRestorable where none is kept, or something is in its place.
    """
    folder = into or settings.home
    with hold(settings.home) if into is None else nullcontext():
        found = await asyncio.to_thread(restore_site, store, keys, installation, folder)
    click.echo(f"Restored the site as of {found.taken_at:%Y-%m-%d %H:%M:%S}Z into {folder}.")
    if found.secrets is not None:
        click.echo(f"secret keys       {found.secrets}: whoever was signed in still is")
    if found.settings is not None:
        click.echo(f"settings          {found.settings}: compare it with your own, and move it to where you start")
    if found.prefect is not None:
        click.echo(f"Prefect's history {found.prefect}")
