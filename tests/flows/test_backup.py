"""The flow as Prefect runs it: a good backup, one that is not, and what a killed run leaves for the next."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from prefect.settings import PREFECT_API_URL

from flows.backup import backup
from lib.backup.catalogue import read_backups
from lib.backup.store.folder import FolderStore
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import backups_of
from lib.db.recovery.notices import last_notice
from lib.db.recovery.snapshots import alone
from lib.errors import BackupFailed, Conflict, Damaged
from lib.settings import load_settings
from tests.support.runs import report
from tests.support.seed import add_symbol


@pytest.fixture(autouse=True)
def installation(installation: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings that a flow of this installation resolves."""
    monkeypatch.setenv("INSITECHART_BACKUP_STORE", str(tmp_path / "store"))
    load_settings.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Where this installation's backups go."""
    return FolderStore(tmp_path / "store")


async def test_a_good_backup_is_written_down_and_shown(pool: Pool, store: FolderStore, tmp_path: Path) -> None:
    for n in range(120):
        await add_symbol(pool, f"S{n}")
    state = await backup(return_state=True)
    done = await state.result()
    told = await report(state)
    assert (told.name, told.key) == ("back the database up", "backup")
    assert told.sentence.endswith("compared, and is good.")
    assert [row["ok"] for row in told.rows] == ["yes"] * 8
    assert told.rows[-1]["found"] == "the API is ready, and serves 120 of 120 listings"

    (kept,) = read_backups(store, await installation_id(pool), "logical")
    assert (kept.id, kept.state) == (done["id"], "good")
    (row,) = await backups_of(pool)
    assert (row.id, row.state, row.note, row.stored_bytes) == (kept.id, "good", "", done["bytes"])
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_what_cannot_be_kept_beside_a_good_backup_is_told_for_itself(
    pool: Pool, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSITECHART_PREFECT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/prefect")
    load_settings.cache_clear()
    state = await backup(return_state=True)
    assert state.is_failed()
    (kept,) = read_backups(store, await installation_id(pool), "logical")
    assert kept.state == "good"
    told = await last_notice(pool, "backup")
    assert told is not None
    assert told.state == "ok"


async def test_one_that_cannot_be_restored_fails_the_run_and_is_kept(pool: Pool, store: FolderStore) -> None:
    await pool.execute("CREATE FUNCTION fits(n integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN n > 0")
    await pool.execute("CREATE TABLE strict (n integer CHECK (fits(n))); INSERT INTO strict VALUES (1)")
    await pool.execute("CREATE OR REPLACE FUNCTION fits(n integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN n > 1")
    state = await backup(return_state=True)
    with pytest.raises(Damaged, match=r"is not good: archive: pg_restore ended with .* violates check constraint"):
        await state.result()
    (kept,) = read_backups(store, await installation_id(pool), "logical")
    (row,) = await backups_of(pool)
    assert (row.id, row.state, kept.state) == (kept.id, "bad", "bad")
    assert "violates check constraint" in row.note


async def test_two_at_a_time_are_refused(database_url: str) -> None:
    async with alone(database_url, "logical") as is_alone:
        assert is_alone
        with pytest.raises(Conflict, match="under way"):
            await backup()


async def test_one_that_could_not_be_taken_is_written_down(
    pool: Pool, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.backup.take.retries", 0)
    monkeypatch.setenv("PG_BINDIR", "/nowhere")
    load_settings.cache_clear()
    with pytest.raises(BackupFailed, match="/nowhere"):
        await backup()
    (row,) = await backups_of(pool)
    assert row.state == "failed"
    assert "/nowhere" in row.note
    assert [file for file in store.folder.rglob("*") if file.is_file()] == []


@asynccontextmanager
async def killed_when(seen: Callable[[], bool]) -> AsyncIterator[None]:
    """A run in a process of its own, killed as soon as `seen`."""
    environment = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}
    command = [sys.executable, "-c", "import asyncio; from flows.backup import backup; asyncio.run(backup())"]
    with subprocess.Popen(command, env=environment, cwd=Path.cwd()) as run:
        try:
            while not seen():
                assert run.poll() is None, "it ended before it could be killed"
                await asyncio.sleep(0.02)
            children = psutil.Process(run.pid).children(recursive=True)
        finally:
            run.kill()
            run.wait()
        await asyncio.to_thread(psutil.wait_procs, children, 20)
        assert [child for child in children if child.is_running()] == []
    yield


async def test_a_run_that_is_killed_while_it_takes_one_leaves_nothing_for_long(pool: Pool, store: FolderStore) -> None:
    async with pool.acquire() as connection, connection.transaction():
        # pg_dump waits for it, the upload having begun
        await connection.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        async with killed_when(lambda: bool(list(store.unfinished()))):
            pass
    assert len(list(store.unfinished())) == 1
    done = await backup()
    assert list(store.unfinished()) == []
    (kept,) = read_backups(store, await installation_id(pool), "logical")
    assert kept.id == done["id"]
    assert [(row.id == kept.id, row.state) for row in await backups_of(pool)] == [(True, "good"), (False, "failed")]


async def test_a_run_that_is_killed_while_it_verifies_leaves_nothing_for_long(
    pool: Pool, store: FolderStore, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    async with killed_when(lambda: bool(list(scratch.glob("scratch-*/data/postmaster.pid")))):
        pass
    (left,) = read_backups(store, await installation_id(pool), "logical")
    assert left.state == "taken"
    done = await backup()
    assert list(scratch.iterdir()) == []
    states = {row.id: row.state for row in await backups_of(pool)}
    assert states == {left.id: "taken", done["id"]: "good"}
