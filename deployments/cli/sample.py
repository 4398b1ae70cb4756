"""`insitechart sample`: the invented archive that a new installation shows. It does not know how it is loaded or
dropped.
"""

import asyncio
import sys
from pathlib import Path

import click

from lib.db.ingest.sample import drop_sample
from lib.db.pool import open_pool
from lib.platform import database_url
from lib.settings import load_settings
from lib.sources.sample import SampleLoad, load_sample

FOLDER = Path(__file__).resolve().parents[1] / "local" / "sample"


@click.group()
def sample() -> None:
    """Load or remove the sample archive: invented posts and bars, marked as such wherever they show."""


@sample.command()
def load() -> None:
    """Load the sample archive, moved so that it ends about now; real data stays as it is."""
    loaded = asyncio.run(_load())
    new = f"{loaded.listings.new:,} listings, {loaded.posts.new:,} posts and {loaded.bars.new:,} bars are new"
    click.echo(f"sample loaded: {new}; {loaded.later:,} rows wait for their time")
    click.echo("  remove it with: insitechart sample drop")


@sample.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop(yes: bool) -> None:
    """Remove everything of the sample archive; real data stays as it is."""
    if not yes and sys.stdin.isatty():
        click.confirm("Remove the sample archive with everything computed from it?", abort=True)
    removed = asyncio.run(_drop())
    told = ", ".join(f"{count:,} {what}" for what, count in removed.items() if count)
    click.echo(f"sample removed: {told}" if told else "there was nothing of the sample")


async def _load() -> SampleLoad:
    async with open_pool(database_url(load_settings()), application="insitechart-sample") as pool:
        return await load_sample(pool, FOLDER)


async def _drop() -> dict[str, int]:
    async with (
        open_pool(database_url(load_settings()), application="insitechart-sample") as pool,
        pool.acquire() as conn,
        conn.transaction(),
    ):
        return await drop_sample(conn)
