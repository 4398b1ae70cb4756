"""A scorer over the posts that were read long ago, as a flow. It does not know how a post is scored, nor where.

Nothing but imports and the flow stands here: Prefect loads this file under a name that other processes do not know.
"""

from prefect import flow, get_run_logger

from flows.support.artifacts import table_artifact
from flows.support.context import database
from flows.support.rescoring import Shards, Tally
from flows.support.rescoring_wanted import advice, wanted
from flows.support.task_runners import RunnerName, crew_at, place_of
from lib.db.scoring.rescoring import survey
from lib.settings import load_settings


@flow(name="rescore", flow_run_name="rescore with {scorer}")
async def rescore(
    scorer: str,
    start: str | None = None,
    end: str | None = None,
    sources: list[str] | None = None,
    again: bool = False,
    scored_before: str | None = None,
    shard_size: int = 4000,
    runner: RunnerName | None = None,
    workers: int | None = None,
    dask_address: str | None = None,
) -> dict[str, int]:
    """Scores by `scorer` every post that has no score by it, published from `start` to `end` (days, the last included,
    or moments with a time zone) by one of `sources`. What other scorers said stays as it is.

    Interrupted in any way and run again, it does the rest. `scored_before` (a moment) also replaces scores by this
    scorer that are older; `again` replaces all that there are now. `shard_size` posts are one transaction. `runner`,
    `workers` and `dask_address` are used in place of the settings INSITECHART_TASK_RUNNER, INSITECHART_TASK_WORKERS and
    INSITECHART_DASK_ADDRESS.

    Returns how many posts were scored, values for mentions stored, buckets changed, posts skipped because somebody else
    has scored or deleted them or they wait for a reading, and shards. Raises UnknownScorer, ConfigurationError for
    what cannot be used, PlatformError or DatabaseUnavailable without a database, and what a shard failed with.
    """
    settings = load_settings()
    work = wanted(scorer, start, end, sources, scored_before, shard_size=shard_size)
    place = place_of(settings, runner=runner, workers=workers, dask_address=dask_address)
    log = get_run_logger()
    async with database("insitechart-rescore", connections=1) as pool:
        async with pool.acquire() as conn:
            found = await survey(conn, work, again=again)
        log.info("%s posts are to be scored by %s (%s).", f"{found.posts:,}", scorer, place.runner)
        tally = Tally(found.posts)
        shards = Shards(pool, found, size=shard_size)
        if found.posts:
            async with crew_at(place) as crew:
                await shards.run(crew, tally.add)
    sentence = " ".join([tally.summary(scorer, place.runner), *advice(settings, found.work, shards.failures)])
    log.info(sentence)
    await table_artifact("rescore", tally.rows(), sentence)
    if shards.failures:
        raise shards.failures[0]
    return tally.totals
