"""`insitechart prefect apply`: records pools, queues, deployments and watches on a Prefect server of your own."""

import asyncio
import logging

import click


@click.group("prefect")
def prefect_() -> None:
    """A Prefect server of your own: what it is to know of InsiteChart."""


@prefect_.command()
def apply() -> None:
    """Record the pool, its queues, every deployment and every automation; print what changed.

    Doing so again changes nothing. The server is the one of PREFECT_API_URL.
    """
    # it takes seconds to load
    from deployments.prefect.apply import apply as apply_all

    # each request would be a line
    logging.getLogger("httpx").setLevel(logging.WARNING)
    changed = asyncio.run(apply_all())
    for line in changed:
        click.echo(line)
    click.echo(f"{len(changed)} changes." if changed else "Nothing to change.")
