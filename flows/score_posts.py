"""Scores the posts that wait, as a flow. It does not know how a post is read or where its scores are kept.

Any number of runs may go on side by side: each post is taken by one of them.
"""

import time
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.db.pool import Pool
from lib.db.scoring import BatchResult, Readers, score_batch, waiting
from lib.errors import ConfigurationError
from lib.settings import load_settings


def _run_name() -> str:
    limit = flow_run.parameters.get("limit")
    return "score all posts that wait" if limit is None else f"score up to {limit} posts"


@task(task_run_name="batch {number}", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
async def score_one_batch(number: int, pool: Pool, readers: Readers, size: int) -> BatchResult:
    """Scores up to `size` posts. What a failed try had taken waits again, so a further try finds it."""
    return await score_batch(pool, await readers.current(pool), limit=size)


@flow(name="score-posts", flow_run_name=_run_name)
async def score_posts(limit: int | None = None, batch: int = 2000) -> dict[str, int]:
    """Reads posts until none waits or `limit` are read, `batch` at a time, each batch in one transaction.

    Returns how many posts were scored, mentions stored, deleted posts forgotten, buckets changed, and how many posts
    wait afterwards. Raises ConfigurationError for a size below 1 and UnknownScorer for a scorer that does not exist.
    """
    if batch < 1 or (limit is not None and limit < 1):
        raise ConfigurationError("limit and batch must be 1 or more.", hint="Leave limit out to score all that waits.")
    begun = time.monotonic()
    results: list[BatchResult] = []
    async with database("insitechart-score-posts") as pool:
        readers = Readers(load_settings().scorers)
        left = await waiting(pool)
        while left:
            size = batch if limit is None else min(batch, limit - sum(result.taken for result in results))
            if size < 1:
                break
            result = await score_one_batch(len(results) + 1, pool, readers, size)
            if not result.taken:  # what still waits is in the hands of other runs
                break
            results.append(result)
            left = await waiting(pool)
    totals = {
        "posts": sum(result.posts for result in results),
        "mentions": sum(result.mentions for result in results),
        "deleted": sum(result.deleted for result in results),
        "buckets": sum(result.buckets for result in results),
        "waiting": left,
    }
    seconds = time.monotonic() - begun
    sentence = _summary(totals, seconds)
    get_run_logger().info(sentence)
    await table_artifact("score-posts", [_row(totals, len(results), seconds)], sentence)
    return totals


def _summary(totals: dict[str, int], seconds: float) -> str:
    return (
        f"{totals['posts']:,} posts scored in {seconds:.1f} s: {totals['mentions']:,} mentions, "
        f"{totals['buckets']:,} buckets changed, {totals['deleted']:,} deleted posts forgotten; "
        f"{totals['waiting']:,} wait."
    )


def _row(totals: dict[str, int], batches: int, seconds: float) -> dict[str, Any]:
    rate = round((totals["posts"] + totals["deleted"]) / seconds) if batches else 0
    return {**totals, "batches": batches, "seconds": round(seconds, 2), "posts per second": rate}
