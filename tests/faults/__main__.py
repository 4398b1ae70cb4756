"""`make soak`: each provider under soak for long. It asserts what the short test does, and prints what it did.

make soak ARGS="x bluesky --items 20000 --kills 10 --seed 7"
"""

import asyncio
import tempfile
from pathlib import Path

import click

from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.db.pool import open_pool
from lib.logs import configure_logs
from lib.postgres.server import running_server
from tests.faults.providers import PROVIDERS
from tests.faults.soak import Report, soak


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(PROVIDERS)))
@click.option("--items", default=20_000, show_default=True, help="Posts that each provider publishes; a tenth as bars.")
@click.option("--kills", default=10, show_default=True, help="How often its collector is killed.")
@click.option("--batch", default=1_000, show_default=True, help="How many between two collections.")
@click.option("--seed", default=20261127, show_default=True)
def main(names: tuple[str, ...], items: int, kills: int, batch: int, seed: int) -> None:
    """Puts NAMES, or every provider, under soak."""
    configure_logs("error")
    for name in names or PROVIDERS:
        less = 10 if name == "yahoo" else 1
        click.echo(f"{name}: {asyncio.run(_soak(name, items // less, kills, batch // less, seed))}")


async def _soak(name: str, items: int, kills: int, batch: int, seed: int) -> Report:
    with tempfile.TemporaryDirectory(prefix="insitechart-soak-") as place:
        folder = Path(place)
        async with running_server(folder / "postgres") as server:
            await create_database(server.url("postgres"), "soak")
            await migrate(server.url("soak"))
            async with open_pool(server.url("soak"), application="insitechart-soak") as pool:
                with PROVIDERS[name](folder, seed) as provider:
                    return await soak(
                        provider, pool, server.url("soak"), folder, seed=seed, items=items, kills=kills, batch=batch
                    )


if __name__ == "__main__":
    main()
