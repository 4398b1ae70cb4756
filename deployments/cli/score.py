"""`insitechart score`: scores all that waits and says how far it is. It does not know how posts are scored."""

import asyncio
import signal
import sys
import threading
import time
from types import FrameType

import click

from deployments.cli.scoring_workers import ScoringProcesses
from lib.db.pool import connect
from lib.db.scoring import BatchResult, waiting
from lib.platform import database_url
from lib.scoring.registry import get_scorer
from lib.settings import load_settings

_INTERRUPTED = 130


@click.command()
@click.option("--limit", type=click.IntRange(min=1), help="Score no more than this many posts.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes side by side.")
def score(limit: int | None, workers: int) -> None:
    """Score the posts that wait for it, now.

    Ctrl-C ends it after the batches under way; what is left waits for the next time.
    """
    settings = load_settings()
    for scorer in settings.scorers:
        get_scorer(scorer)
    url = database_url(settings)
    there = asyncio.run(_waiting(url))
    total = there if limit is None else min(limit, there)
    scoring = ScoringProcesses(url, settings.scorers, total=total, processes=workers)
    interrupted = _stop_on_ctrl_c(scoring)
    results: list[BatchResult] = []
    begun = time.monotonic()
    with click.progressbar(
        length=total, label="Scoring", show_pos=True, item_show_func=lambda rate: rate, file=sys.stderr
    ) as bar:
        for result in scoring.results():
            results.append(result)
            done = sum(each.taken for each in results)
            bar.update(result.taken, f"{done / (time.monotonic() - begun):,.0f} posts/s")
    click.echo(_summary(results, time.monotonic() - begun, asyncio.run(_waiting(url))))
    if interrupted.is_set():
        sys.exit(_INTERRUPTED)


def _stop_on_ctrl_c(scoring: ScoringProcesses) -> threading.Event:
    """Set once Ctrl-C was pressed; pressed again, it ends at once, and the batches under way wait again."""
    pressed = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        scoring.stop()
        click.echo("\nEnding with the batches under way … (Ctrl-C again: at once)", err=True)

    signal.signal(signal.SIGINT, stop)
    return pressed


async def _waiting(url: str) -> int:
    connection = await connect(url, application="insitechart-score")
    try:
        return await waiting(connection)
    finally:
        await connection.close()


def _summary(results: list[BatchResult], seconds: float, left: int) -> str:
    posts, deleted = sum(result.posts for result in results), sum(result.deleted for result in results)
    mentions, buckets = sum(result.mentions for result in results), sum(result.buckets for result in results)
    forgotten = f", {deleted:,} deleted ones forgotten" if deleted else ""
    return (
        f"{posts:,} posts scored in {seconds:.1f} s ({(posts + deleted) / seconds:,.0f} a second){forgotten}: "
        f"{mentions:,} mentions, {buckets:,} buckets changed. {left:,} still wait."
    )
