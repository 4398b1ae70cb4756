"""The command `insitechart migrate`: brings the database to this version's schema. `up` does it by itself."""

import asyncio

import click

from lib.db.migrate import Part
from lib.db.migrate import migrate as apply
from lib.platform import database_url
from lib.settings import load_settings


@click.command()
@click.option("--expand", "part", flag_value="expand", help="Only what the version before goes on working under.")
@click.option("--contract", "part", flag_value="contract", help="Only what removes what older versions needed.")
def migrate(part: Part | None) -> None:
    """Bring the database to the schema of this version.

    --expand while the version before is still running, --contract once it is not.
    """
    applied = asyncio.run(apply(database_url(load_settings()), part or "all"))
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("The database is up to date." if part is None else f"Nothing is left to {part}.")
