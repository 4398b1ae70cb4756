"""One process follows the log: it tells everything once, says when it cannot, and its versions are everyone's."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.db.changes.pruning import prune_changes
from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.db.pool import Pool, connect, open_pool
from lib.domain.changes import Change, Position
from lib.live.tailer import Tailer, open_tailer
from lib.postgres.server import running_server
from tests.support import seed

DAY = datetime(2026, 3, 2, tzinfo=UTC)


class Told:
    """A follower that keeps what it is told."""

    def __init__(self) -> None:
        self.recent: list[Change] = []
        self.changes: list[Change] = []
        self.words: list[str] = []

    def begin(self, recent: Sequence[Change]) -> None:
        self.recent = list(recent)

    def tell(self, changes: Sequence[Change]) -> None:
        self.changes += changes

    def lose(self) -> None:
        self.words.append("lost")

    def find(self) -> None:
        self.words.append("found")

    def break_off(self, position: Position) -> None:
        self.words.append("broken")

    @property
    def symbols(self) -> list[str]:
        return [change.symbol for change in self.changes]


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Returns once it is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.005)


async def test_a_commit_is_heard_of_at_once(pool: Pool, database_url: str) -> None:
    told = Told()
    async with open_tailer(database_url, told) as tailer:
        assert tailer.versions.known
        begun = asyncio.get_running_loop().time()
        await seed.add_symbol(pool, "AAPL")
        await until(lambda: told.symbols == ["AAPL"])
        # far below the interval at which it looks without having been woken
        assert asyncio.get_running_loop().time() - begun < 1


async def test_versions_move_with_their_subject_alone(pool: Pool, database_url: str) -> None:
    for symbol in ("AAPL", "MSFT"):
        await seed.add_symbol(pool, symbol)
    async with open_tailer(database_url) as tailer:
        versions = tailer.versions
        beginning = versions.of("NONE")
        aapl, msft, listings, coverage = (
            versions.of("AAPL"), versions.of("MSFT"), versions.listings(), versions.coverage(),
        )  # fmt: skip
        assert beginning is not None
        assert aapl is not None
        assert beginning < aapl
        assert coverage == beginning
        await seed.add_bar(pool, "AAPL", DAY, 10)
        await until(lambda: versions.of("AAPL") != aapl)
        assert (versions.of("MSFT"), versions.listings(), versions.coverage()) == (msft, listings, coverage)
        assert versions.of("AAPL", "bars") == versions.of("AAPL") == versions.everything()
        assert versions.of("AAPL", "sentiment") == beginning
        await seed.add_coverage(pool, "reddit", "posts", DAY)
        await until(lambda: versions.coverage() != coverage)
        assert versions.of("MSFT") == msft
        everything = versions.everything()
        await pool.execute("TRUNCATE bars")
        await until(lambda: versions.everything() != everything)
        assert versions.of("MSFT") == versions.of("NONE") == versions.listings() == versions.everything()


async def test_a_second_process_has_the_same_versions(pool: Pool, database_url: str) -> None:
    for n in range(30):
        await seed.add_symbol(pool, f"S{n}")
    async with open_tailer(database_url) as one:
        for n in range(0, 30, 2):
            await seed.add_bar(pool, f"S{n}", DAY, 10 + n)
        await until(lambda: one.position.seq == 46)
        await pool.execute("UPDATE changes SET at = at - INTERVAL '49 hours' WHERE seq < 46")
        assert await prune_changes(pool, keep=timedelta(hours=48)) == 45
        async with open_tailer(database_url) as other:
            assert (one.position, one.versions.origin) == (other.position, other.versions.origin)
            names = [f"S{n}" for n in range(31)]
            assert [one.versions.of(name) for name in names] == [other.versions.of(name) for name in names]


async def test_a_killed_connection_is_opened_anew_and_nothing_is_missed(pool: Pool, database_url: str) -> None:
    told = Told()
    async with open_tailer(database_url, told) as tailer:
        for n in range(8):
            await seed.add_symbol(pool, f"S{n}")
            if n % 2:
                await pool.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'insitechart-live' AND datname = current_database()"
                )
        await until(lambda: told.symbols == [f"S{n}" for n in range(8)])
        await until(lambda: tailer.versions.known)
        assert told.words[:3] == ["found", "lost", "found"]


async def test_a_restart_of_postgres_is_said_and_survived(tmp_path: Path) -> None:
    told = Told()
    async with running_server(tmp_path) as server:
        await create_database(server.url("postgres"), "kept")
        await migrate(server.url("kept"))
        async with open_tailer(server.url("kept"), told) as tailer:
            await _add(server.url("kept"), "BEFORE")
            await until(lambda: told.symbols == ["BEFORE"])
            number = tailer.versions.of("BEFORE")
            await server.stop()
            await until(lambda: not tailer.versions.known)
            assert (tailer.versions.of("BEFORE"), tailer.versions.everything()) == (None, None)
            await asyncio.to_thread(server.start)
            await server.ready()
            await _add(server.url("kept"), "AFTER")
            await until(lambda: told.symbols == ["BEFORE", "AFTER"])
            await until(lambda: tailer.versions.known)
            assert tailer.versions.of("BEFORE") == number
            assert told.words == ["found", "lost", "found"]


async def _add(url: str, symbol: str) -> None:
    conn = await connect(url, application="insitechart-test")
    try:
        await seed.add_symbol(conn, symbol)
    finally:
        await conn.close()


async def test_another_history_is_noticed(pool: Pool, database_url: str) -> None:
    """As after a restore over the running database: the same numbers, given to something else."""
    told = Told()
    async with open_tailer(database_url, told) as tailer:
        await seed.add_symbol(pool, "LOST")
        await until(lambda: told.symbols == ["LOST"])
        lost = tailer.versions.of("LOST")
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute("DELETE FROM changes WHERE seq > 1")
            await conn.execute("DELETE FROM change_versions WHERE symbol <> ''")
            await seed.add_symbol(conn, "OTHER")
        await until(lambda: "broken" in told.words)
        assert tailer.versions.of("LOST") != lost
        await seed.add_symbol(pool, "NEXT")
        await until(lambda: told.symbols[-1] == "NEXT")
        assert told.symbols.count("NEXT") == 1


async def test_without_its_tables_it_waits(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.live.tailer.FIRST_LOOK_S", 0.2)
    conn = await connect(database_url, application="insitechart-test")
    try:
        await conn.execute("ALTER TABLE change_outbox RENAME TO away")
        async with open_tailer(database_url) as tailer:
            assert not tailer.versions.known
            await conn.execute("ALTER TABLE away RENAME TO change_outbox")
            await until(lambda: tailer.versions.known)
    finally:
        await conn.close()


async def test_a_silent_death_is_missed_in_time(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes and nothing fails: that nothing was heard for a while is enough not to know."""
    async with open_tailer(database_url) as tailer:
        assert tailer.versions.known
        monkeypatch.setattr("lib.live.tailer.STALE_S", 0.0)
        assert not tailer.versions.known


async def test_many_processes_tell_the_same(pool: Pool, database_url: str) -> None:
    told = [Told() for _ in range(3)]
    tailers = [asyncio.create_task(_run(database_url, follower)) for follower in told]
    await until(lambda: all(follower.words for follower in told))
    async with open_pool(database_url, application="insitechart-test", max_size=5) as writers:
        await asyncio.gather(*(seed.add_symbol(writers, f"S{n}") for n in range(200)))
    await until(lambda: all(len(follower.changes) == 200 for follower in told))
    for follower in told:
        assert follower.changes == told[0].changes
    assert sorted(told[0].symbols) == sorted(f"S{n}" for n in range(200))
    for tailer in tailers:
        tailer.cancel()
    await asyncio.wait(tailers)


async def _run(url: str, told: Told) -> None:
    tailer = Tailer(url)
    tailer.follow(told)
    await tailer.run()
