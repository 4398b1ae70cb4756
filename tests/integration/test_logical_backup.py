"""A logical backup: what it holds, that a restore gives it back, and that it never is half one."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from lib.backup.catalogue import read_backup
from lib.backup.dump import take_dump
from lib.backup.manifest import read_manifest
from lib.backup.programs import programs_of
from lib.backup.restore import restore_dump
from lib.backup.store.folder import FolderStore
from lib.backup.verify import verify_dump
from lib.db.databases import create_database, drop_database
from lib.db.migrate import migrate, migrations
from lib.db.pool import Pool, connect, open_pool
from lib.db.recovery.checksums import measure
from lib.domain.backups import Verdict
from lib.domain.contents import table_differences
from lib.errors import BackupFailed, NotRestorable
from lib.postgres.binaries import find_binaries, major_version
from lib.postgres.server import PostgresServer
from tests.support.backups import INSTALLATION, NOW, Interrupting, backed_up, furnish, new_keys


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty one."""
    return FolderStore(tmp_path / "store")


@pytest.fixture
async def empty_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """A database without anything."""
    await create_database(postgres.url("postgres"), "restored")
    yield postgres.url("restored")
    await drop_database(postgres.url("postgres"), "restored")


def wrong(verdict: Verdict) -> dict[str, str]:
    """The checks that failed, and what they found."""
    return {check.name: check.found for check in verdict.checks if not check.ok}


def left_in(store: FolderStore) -> list[Path]:
    """Every file of the store."""
    return [file for file in store.folder.rglob("*") if file.is_file()]


async def test_a_backup_is_proven_by_a_restore(
    pool: Pool, database_url: str, store: FolderStore, tmp_path: Path
) -> None:
    await furnish(pool)
    keys = new_keys()
    told: list[int] = []
    index = await take_dump(database_url, store, keys, installation=INSTALLATION, now=NOW, on_progress=told.append)
    assert told[-1] == index.objects["archive"].plain_bytes

    manifest = read_manifest(store, keys, index)
    assert manifest.tables['public."Odd ""table"" here"'].rows == 200
    assert manifest.tables["public.posts"].rows == 20
    assert manifest.tables["public.split_a"].rows == 1
    assert manifest.tables["public.parent"].rows == 1
    assert manifest.roles["insitechart"].used
    assert manifest.migration == migrations()[-1].name
    assert manifest.versions["postgresql"].startswith(str(major_version(find_binaries())))

    verdict = await verify_dump(
        store, keys, read_backup(store, INSTALLATION, "logical", index.id), folder=tmp_path / "scratch"
    )
    assert verdict.ok, wrong(verdict)
    names = ["manifest", "archive", "indexes and constraints", "rows", "schema", "sequences", "structure"]
    assert [check.name for check in verdict.checks] == names
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_it_holds_one_moment_while_others_write(
    pool: Pool, database_url: str, store: FolderStore, tmp_path: Path
) -> None:
    await furnish(pool, bulk=20_000)
    keys, done = new_keys(), asyncio.Event()

    async def write() -> int:
        n = 0
        while not done.is_set():
            n += 1
            await pool.execute("INSERT INTO bulk SELECT $1 + i, 'more' FROM generate_series(1, 50) AS i", n)
            await pool.execute("UPDATE bulk SET t = t || 'x' WHERE n % 500 = $1 % 500", n)
            await pool.execute("SELECT nextval('unused')")
        return n

    writing = asyncio.create_task(write())
    backup = await backed_up(database_url, store, keys)
    done.set()
    assert await writing > 0
    there = read_manifest(store, keys, backup.index).tables
    assert list(table_differences(there, await measure(database_url))) != []
    verdict = await verify_dump(store, keys, backup, folder=tmp_path / "scratch")
    assert verdict.ok, wrong(verdict)


@pytest.mark.parametrize("spooled", [False, True], ids=["streamed", "spooled"])
async def test_an_empty_database_is_filled_as_it_was(
    pool: Pool, database_url: str, empty_url: str, store: FolderStore, tmp_path: Path, spooled: bool
) -> None:
    await furnish(pool)
    keys = new_keys()
    backup = await backed_up(database_url, store, keys)
    restored = await restore_dump(store, keys, backup, empty_url, spool=tmp_path / "spool" if spooled else None)
    assert restored.plain_bytes == backup.index.objects["archive"].plain_bytes
    assert list(table_differences(await measure(database_url), await measure(empty_url))) == []
    assert list(tmp_path.glob("spool/*")) == []

    with pytest.raises(NotRestorable, match="not empty"):
        await restore_dump(store, keys, backup, empty_url)


async def test_roles_that_are_missing_are_made_without_login(
    pool: Pool, database_url: str, empty_url: str, store: FolderStore, postgres: PostgresServer
) -> None:
    keys = new_keys()
    await pool.execute("CREATE ROLE \"the owner\" LOGIN PASSWORD 'secret'; CREATE TABLE owned (n integer)")
    await pool.execute('ALTER TABLE owned OWNER TO "the owner"; CREATE ROLE bystander')
    backup = await backed_up(database_url, store, keys)
    roles = read_manifest(store, keys, backup.index).roles
    assert roles["the owner"].used
    assert not roles["bystander"].used
    assert (roles["the owner"].password or "").startswith("SCRAM-SHA-256$")
    await pool.execute('DROP TABLE owned; DROP ROLE "the owner"; DROP ROLE bystander')
    await restore_dump(store, keys, backup, empty_url)
    connection = await connect(empty_url, application="insitechart-test")
    try:
        rows = await connection.fetch(
            "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname IN ('the owner', 'bystander')"
        )
        assert [tuple(row) for row in rows] == [("the owner", False)]
        await connection.execute('DROP TABLE owned; DROP ROLE "the owner"')
    finally:
        await connection.close()


async def test_a_server_of_another_version_is_backed_up_by_its_own_programs(store: FolderStore, tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "older", binaries=programs_of(16))
    server.prepare()
    server.start()
    try:
        await server.ready()
        await create_database(server.url("postgres"), "older")
        await migrate(server.url("older"))
        async with open_pool(server.url("older"), application="insitechart-test") as pool:
            await furnish(pool)
        keys = new_keys()
        backup = await backed_up(server.url("older"), store, keys)
    finally:
        await server.stop()
    assert backup.index.versions["postgresql"].startswith("16.")
    verdict = await verify_dump(store, keys, backup, folder=tmp_path / "scratch")
    assert verdict.ok, wrong(verdict)


async def test_what_cannot_be_restored_is_not_good(
    pool: Pool, database_url: str, store: FolderStore, tmp_path: Path
) -> None:
    keys = new_keys()
    await pool.execute("CREATE FUNCTION fits(n integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN n > 0")
    await pool.execute("CREATE TABLE strict (n integer CHECK (fits(n))); INSERT INTO strict VALUES (1)")
    await pool.execute("CREATE OR REPLACE FUNCTION fits(n integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN n > 1")
    verdict = await verify_dump(store, keys, await backed_up(database_url, store, keys), folder=tmp_path / "scratch")
    assert "violates check constraint" in wrong(verdict)["archive"]
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_without_its_key_it_is_not_good(database_url: str, store: FolderStore, tmp_path: Path) -> None:
    backup = await backed_up(database_url, store, new_keys())
    verdict = await verify_dump(store, new_keys(), backup, folder=tmp_path / "scratch")
    assert wrong(verdict)["manifest"].startswith("No key at hand opens")


async def test_pg_dump_killed_half_way_leaves_nothing(
    pool: Pool, database_url: str, store: FolderStore, tmp_path: Path
) -> None:
    await furnish(pool, bulk=50_000)

    def kill() -> None:
        (child,) = [p for p in psutil.Process().children() if p.name() == "pg_dump"]
        child.send_signal(signal.SIGKILL)

    with pytest.raises(BackupFailed, match="SIGKILL"):
        await take_dump(database_url, Interrupting(store, kill), new_keys(), installation=INSTALLATION, now=NOW)  # type: ignore[arg-type]
    assert left_in(store) == []
    assert [p for p in psutil.Process().children() if p.name() == "pg_dump"] == []


async def test_whoever_is_cancelled_leaves_nothing(pool: Pool, database_url: str, store: FolderStore) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        taking = asyncio.create_task(take_dump(database_url, store, new_keys(), installation=INSTALLATION, now=NOW))
        while not list(store.unfinished()):  # noqa: ASYNC110  it is a folder, and tells nobody
            await asyncio.sleep(0.01)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
    assert left_in(store) == []
    assert [p for p in psutil.Process().children() if p.name() == "pg_dump"] == []


_CRAMPED = """
import asyncio, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from lib.backup.dump import take_dump
from lib.backup.store.folder import FolderStore
from lib.errors import BackupFailed
from tests.support.backups import new_keys

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    store = FolderStore(Path(sys.argv[2]))
    asyncio.run(take_dump(sys.argv[1], store, new_keys(), installation="a", now=datetime.now(UTC)))
except BackupFailed as error:
    print(error, error.hint)
"""


async def test_a_full_disk_leaves_nothing_and_says_where(pool: Pool, database_url: str, store: FolderStore) -> None:
    await pool.execute("CREATE TABLE noise AS SELECT sha512(n::text::bytea) AS b FROM generate_series(1, 20000) AS n")
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _CRAMPED, database_url, str(store.folder)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert "cannot be used: File too large" in said.stdout
    assert "the room that is left" in said.stdout
    assert left_in(store) == []
