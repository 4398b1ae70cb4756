"""`insitechart release`: a blue-green release at a terminal that reaches the pods. It does not know the steps.

The same code that the flow runs, with the plan shown before anything is done.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable

import click

from lib.domain.releases import Finished, Kind, Rules, sentence
from lib.release.cluster import open_cluster
from lib.release.conduct import Wanted, carry_out
from lib.release.planning import plan
from lib.release.step import Done
from lib.release.words import SERVICES, host_among
from lib.settings import load_settings

_INTERRUPTED = 130


@click.command()
@click.argument("image", required=False, default="")
@click.option("--back", is_flag=True, help="Go back to the version before instead.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--namespace", default="", help="Namespace of the services; default: the one this runs in.")
@click.option(
    "--service", "services", multiple=True, help="A service that it covers; default: stocks, sentiment, users."
)
@click.option("--watch", "watch_s", default=30.0, show_default=True, help="Seconds for which real traffic is watched.")
@click.option(
    "--rollout", "rollout_s", default=300.0, show_default=True, help="Seconds within which pods must be ready."
)
def release(
    image: str, back: bool, dry_run: bool, yes: bool, namespace: str, services: tuple[str, ...], watch_s: float,
    rollout_s: float,
) -> None:  # fmt: skip
    """Bring IMAGE into use beside the version in use, and keep it only if it does well; without IMAGE, end what broke
    off.

    Exit code 1 where it is refused, or the version before is in use.
    """
    kind: Kind = "rollback" if back else "release"
    rules = Rules(watch_s=watch_s, rollout_s=rollout_s)
    wanted = Wanted(kind, image, services or SERVICES, host_among(load_settings().allowed_hosts), rules)
    planned = asyncio.run(_plan(namespace, wanted))
    for row in planned.rows:
        click.echo(f"  {row['']}. {row['step']}: {row['what']}  [{row['image']}]")
    click.echo(planned.said)
    if dry_run:
        return
    if not yes:
        click.confirm("Begin?", abort=True)
    try:
        ended = asyncio.run(_carry_out(namespace, wanted))
    except KeyboardInterrupt:
        click.echo("\nStopped. The next `insitechart release` goes on where it broke off.", err=True)
        sys.exit(_INTERRUPTED)
    click.echo(sentence(ended))


async def _plan(namespace: str, wanted: Wanted) -> Done:
    async with open_cluster(namespace) as cluster:
        return await plan(cluster, wanted)


async def _carry_out(namespace: str, wanted: Wanted) -> Finished:
    async with open_cluster(namespace) as cluster:
        return await carry_out(cluster, wanted, f"process {os.getpid()} on {socket.gethostname()}", _shown)


async def _shown(name: str, work: Callable[[], Awaitable[Done]], /) -> Done:
    begun = time.monotonic()
    try:
        done = await work()
    except Exception as error:
        click.echo(f"  {click.style('failed', fg='red')}  {name}: {error}", err=True)
        raise
    click.echo(f"  {time.monotonic() - begun:6.2f} s  {name}: {done.said}", err=True)
    return done
