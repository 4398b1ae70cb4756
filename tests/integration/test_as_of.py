"""The rule of observed_at: revisions are kept by the database itself, and an unsettled moment is known as one."""

from datetime import UTC, datetime

from lib.db.pool import Pool

START = datetime(2026, 3, 2, tzinfo=UTC)
INSERT_BAR = "INSERT INTO bars VALUES ('1d', 1, $1, NULL, NULL, NULL, $2, NULL, NULL, 'test', clock_timestamp())"
UPDATE_BAR = "UPDATE bars SET close = $1, observed_at = clock_timestamp()"
READ = "SELECT close FROM bars_as_of('1d', 1, '-infinity', 'infinity', $1)"


async def test_every_correction_keeps_what_was_known_before(pool: Pool) -> None:
    moments = [await pool.fetchval("SELECT clock_timestamp()")]
    await pool.execute(INSERT_BAR, START, 10)
    moments.append(await pool.fetchval("SELECT clock_timestamp()"))
    for close in (11, 12):
        await pool.execute(UPDATE_BAR, close)
        moments.append(await pool.fetchval("SELECT clock_timestamp()"))
    assert [[row["close"] for row in await pool.fetch(READ, moment)] for moment in moments] == [[], [10], [11], [12]]


async def test_a_write_with_an_earlier_stamp_cannot_reorder_the_past(pool: Pool) -> None:
    await pool.execute(INSERT_BAR, START, 10)
    await pool.execute("UPDATE bars SET close = 11, observed_at = '2000-01-01Z'")
    rows = await pool.fetch(
        "SELECT close, observed_at FROM bars UNION ALL SELECT close, observed_at FROM bar_revisions ORDER BY 2"
    )
    assert [row["close"] for row in rows] == [10, 11]


async def test_a_moment_is_settled_only_when_no_earlier_writer_is_under_way(pool: Pool) -> None:
    async with pool.acquire() as writer, writer.transaction():
        begun = await writer.fetchval("SELECT begin_observation()")
        before = await pool.fetchval("SELECT is_settled($1::timestamptz - INTERVAL '2 seconds')", begun)
        during = await pool.fetchval("SELECT is_settled($1)", begun)
    after = await pool.fetchval("SELECT is_settled($1)", begun)
    assert (before, during, after) == (True, False, True)
    assert await pool.fetchval("SELECT is_settled(clock_timestamp() + INTERVAL '1 minute')") is False


async def test_author_hashes_count_exactly_while_few_and_closely_when_many(pool: Pool) -> None:
    count = "SELECT distinct_authors(array_agg(author_hash('x', i::text))) FROM generate_series(1, $1::int) i"
    assert await pool.fetchval(count, 200) == 200
    assert abs(await pool.fetchval(count, 5000) - 5000) < 1000
