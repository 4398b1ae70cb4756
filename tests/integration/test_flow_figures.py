"""What was found out about runs of flows, in a real database: the last look holds, and successes are remembered."""

from datetime import UTC, datetime, timedelta

from lib.db.flow_runs import flow_figures, last_look, write_figures
from lib.db.pool import Pool
from lib.domain.flow_runs import Figures
from lib.flow_runs import measure_flows
from lib.metrics.measured import Snapshot

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SCORE, DRILL = ("score-posts", "default"), ("drill", "database")


def samples(taken: Snapshot) -> dict[str, float]:
    return {
        f"{sample.name.removeprefix('insitechart_')}{{{','.join(sample.labels.values())}}}": sample.value
        for family in taken.collect()
        for sample in family.samples
    }


async def test_a_later_look_takes_the_place_of_an_earlier_one(pool: Pool) -> None:
    assert await last_look(pool) is None
    await write_figures(pool, {SCORE: Figures(completed=3, last_success_at=NOW), DRILL: Figures(under_way=1)}, NOW)
    await write_figures(pool, {SCORE: Figures(failed=2)}, NOW + MINUTE)
    [row] = await flow_figures(pool)
    assert (row.flow, row.deployment, row.seen_at) == (*SCORE, NOW + MINUTE)
    assert row.figures == Figures(failed=2, last_success_at=NOW)
    assert await last_look(pool) == NOW + MINUTE


async def test_of_two_looks_at_once_the_later_one_stays(pool: Pool) -> None:
    await write_figures(pool, {SCORE: Figures(failed=2)}, NOW + MINUTE)
    await write_figures(pool, {SCORE: Figures(failed=1)}, NOW)
    [row] = await flow_figures(pool)
    assert (row.seen_at, row.figures.failed) == (NOW + MINUTE, 2)


async def test_prometheus_is_told_of_every_deployment(pool: Pool) -> None:
    assert samples(await measure_flows(pool)) == {}
    found = Figures(completed=58, crashed=1, under_way=1, overlong=1, late=2, oldest_s=1900.5, last_success_at=NOW)
    await write_figures(pool, {SCORE: found, DRILL: Figures()}, NOW)
    told = samples(await measure_flows(pool))
    assert told["flows_seen_timestamp_seconds{}"] == NOW.timestamp()
    assert told["flow_runs_ended_recently{score-posts,default,completed}"] == 58
    assert told["flow_runs_ended_recently{score-posts,default,crashed}"] == 1
    assert told["flow_runs_ended_recently{drill,database,failed}"] == 0
    assert told["flow_runs_overlong{score-posts,default}"] == told["flow_runs_under_way{score-posts,default}"] == 1
    assert told["flow_runs_late{score-posts,default}"] == 2
    assert told["flow_run_oldest_age_seconds{score-posts,default}"] == 1900.5
    assert told["flow_last_success_timestamp_seconds{score-posts,default}"] == NOW.timestamp()
    assert "flow_last_success_timestamp_seconds{drill,database}" not in told
