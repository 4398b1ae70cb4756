"""`insitechart archive`: the service that sends the database's log to the store, in the foreground. `up` runs it by
itself.
"""

import asyncio
import signal

import click

from flows.support.backup_store import open_store
from lib.backup.keys import load_backup_keys
from lib.backup.wal.service import ArchiveService
from lib.platform import database_url
from lib.settings import load_settings


@click.command()
def archive() -> None:
    """Send the database's log to the store while it is written, until Ctrl-C. `up` does it by itself."""
    asyncio.run(_run())


async def _run() -> None:
    settings = load_settings()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    service = ArchiveService(settings, database_url(settings), await open_store(settings), load_backup_keys(settings))
    await service.run(stop)
