"""Numbers given after the commit: nothing is lost, doubled or out of order, whoever commits when, and whoever dies."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.db.changes.numbering import number_changes
from lib.db.changes.pruning import prune_changes
from lib.db.changes.reads import changes_from
from lib.db.pool import Pool, connect, open_pool
from lib.domain.changes import Change
from tests.support import seed
from tests.support.changes import drain

DAY = datetime(2026, 3, 2, tzinfo=UTC)

_KILL = "SELECT pg_terminate_backend($1)"
_NOTE = "SELECT note_changes(ARRAY[('bars', $1, '1d', NULL, NULL, 1, 0, NULL, '[]')::change])"


def assert_whole(told: list[Change]) -> None:
    """Numbers without gaps, moments that never go back."""
    assert [change.position.seq for change in told] == list(range(2, len(told) + 2))
    moments = [change.position.at for change in told]
    assert moments == sorted(moments)


async def test_a_late_commit_gets_a_late_number(pool: Pool) -> None:
    async with pool.acquire() as slow, pool.acquire() as quick:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(_NOTE, "SLOW")
        await quick.execute(_NOTE, "QUICK")
        assert [change.symbol for change in await drain(pool)] == ["QUICK"]
        await transaction.commit()
    assert [change.symbol for change in await drain(pool)] == ["QUICK", "SLOW"]


async def test_what_is_rolled_back_was_never_told(pool: Pool) -> None:
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(_NOTE, "GONE")
        await transaction.rollback()
        await conn.execute(_NOTE, "KEPT")
    assert [change.symbol for change in await drain(pool)] == ["KEPT"]


async def test_of_two_writers_of_a_bar_the_later_one_is_told_later(pool: Pool) -> None:
    """The first one noted something before, and nothing is numbered until both have committed."""
    await seed.add_symbol(pool, "AAPL")
    await drain(pool)
    async with pool.acquire() as first, pool.acquire() as second:
        transaction = first.transaction()
        await transaction.start()
        await seed.add_bar(first, "AAPL", DAY, 10)
        await seed.add_bar(second, "AAPL", DAY + timedelta(days=1), 20)
        await seed.add_bar(first, "AAPL", DAY + timedelta(days=1), 21)
        await transaction.commit()
    *_, earlier, later = await drain(pool)
    assert ('"close": 20' in earlier.newest, '"close": 21' in later.newest) == (True, True)
    assert (later.written, later.since, later.until) == (2, DAY, DAY + timedelta(days=2))


async def test_numbering_is_one_at_a_time_and_in_batches(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.db.changes.numbering.BATCH", 7)
    for n in range(40):
        await pool.execute(_NOTE, f"S{n}")
    async with open_pool(database_url, application="insitechart-test", max_size=6) as others:
        counts = await asyncio.gather(*(_number(others) for _ in range(6)))
    told = await drain(pool)
    assert (sum(counts), len(told)) == (40, 40)
    assert_whole(told)
    assert len({change.position.at for change in told}) >= 6


async def _number(pool: Pool) -> int:
    async with pool.acquire() as conn:
        return await number_changes(conn)


# who: one of four writers; what: note, commit, roll back, or somebody looks
_steps = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("nncrs")), min_size=4, max_size=40)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
async def test_any_order_of_commits_and_looks(pool: Pool, database_url: str, steps: list[tuple[int, str]]) -> None:
    """Who reads on from the last number it saw sees all that was committed, once."""
    await _play(pool, database_url, steps)


async def _play(pool: Pool, url: str, steps: list[tuple[int, str]]) -> None:
    committed: Counter[str] = Counter()
    seen: list[Change] = []
    first = last = len(await drain(pool)) + 1
    async with AsyncExitStack() as stack:
        writers = [await connect(url, application="insitechart-test") for _ in range(4)]
        for writer in writers:
            stack.push_async_callback(writer.close)
        noted: list[list[str] | None] = [None] * 4
        transactions = [writer.transaction() for writer in writers]
        for n, (who, what) in enumerate([*steps, *((who, "c") for who in range(4)), (0, "s")]):
            if what == "n":
                if noted[who] is None:
                    transactions[who] = writers[who].transaction()
                    await transactions[who].start()
                    noted[who] = []
                await writers[who].execute(_NOTE, f"W{who}N{n}")
                noted[who].append(f"W{who}N{n}")  # type: ignore[union-attr]
            elif what in "cr" and noted[who] is not None:
                if what == "c":
                    await transactions[who].commit()
                    committed.update(noted[who])
                else:
                    await transactions[who].rollback()
                noted[who] = None
            elif what == "s":
                async with pool.acquire() as conn:
                    await number_changes(conn)
                    page = await changes_from(conn, last + 1, limit=1000)
                seen += page
                last = seen[-1].position.seq if seen else last
    assert Counter(change.symbol for change in seen) == committed
    assert [change.position.seq for change in seen] == list(range(first + 1, last + 1))


async def test_concurrent_writers_readers_and_killed_sessions(pool: Pool, database_url: str) -> None:
    dice = random.Random(20260302)
    committed: set[str] = set()
    unsure: set[str] = set()
    done = asyncio.Event()

    async def write(who: int) -> None:
        for n in range(60):
            conn = await connect(database_url, application="insitechart-test")
            names = {f"W{who}N{n}P{part}" for part in range(dice.randrange(1, 4))}
            try:
                async with conn.transaction():
                    for name in names:
                        await conn.execute(_NOTE, name)
                        await asyncio.sleep(dice.uniform(0, 0.01))
                    if dice.random() < 0.2:
                        await pool.execute(_KILL, conn.get_server_pid())
                    unsure.update(names)
                committed.update(names)
            except Exception:  # noqa: BLE001 - whether it was committed is what the log is compared with
                pass
            finally:
                conn.terminate()

    async def number(who: int) -> list[Change]:
        seen: list[Change] = []
        while True:
            last_round = done.is_set()
            conn = await connect(database_url, application="insitechart-test")
            try:
                if dice.random() < 0.3:
                    # killed somewhere in the middle of what it does
                    asyncio.get_running_loop().call_later(dice.uniform(0, 0.004), conn.terminate)
                for _ in range(5):
                    await number_changes(conn)
                    seen += await changes_from(conn, seen[-1].position.seq + 1 if seen else 2, limit=1000)
                    await asyncio.sleep(0)
            except Exception:  # noqa: BLE001
                continue
            finally:
                conn.terminate()
            if last_round:
                return seen

    readers = [asyncio.create_task(number(who)) for who in range(3)]
    await asyncio.gather(*(write(who) for who in range(6)))
    done.set()
    seen, *others = await asyncio.gather(*readers)
    told = await drain(pool)
    assert_whole(told)
    names = Counter(change.symbol for change in told)
    assert committed <= set(names) <= committed | unsure
    assert set(names.values()) == {1}
    for reader in (seen, *others):
        assert reader == told[: len(reader)]
        assert committed <= {change.symbol for change in reader}


async def test_pruning_numbers_first_and_leaves_the_newest(pool: Pool) -> None:
    for n in range(5):
        await pool.execute(_NOTE, f"S{n}")
    assert await prune_changes(pool, keep=timedelta(hours=48)) == 0
    assert len(await drain(pool)) == 5
    await pool.execute("UPDATE changes SET at = at - INTERVAL '49 hours'")
    assert await prune_changes(pool, keep=timedelta(hours=48)) == 5
    async with pool.acquire() as conn:
        assert [change.symbol for change in await changes_from(conn, 0, limit=10)] == ["S4"]
        await conn.execute(_NOTE, "NEXT")
        await number_changes(conn)
        assert [change.position.seq for change in await changes_from(conn, 0, limit=10)] == [6, 7]
