"""The command `insitechart migrate`: brings the database to this version's schema. `up` does it by itself."""

import asyncio

import click

from lib.db.migrate import migrate as apply
from lib.platform import database_url
from lib.settings import load_settings


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    applied = asyncio.run(apply(database_url(load_settings())))
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("The database is up to date.")
