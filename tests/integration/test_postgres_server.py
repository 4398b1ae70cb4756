"""Our own PostgreSQL survives a kill, refuses what it cannot use with one sentence, and runs as root in two ways."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from lib.db.pool import connect
from lib.errors import PlatformError
from lib.postgres.server import PostgresServer, running_server

_MAKE_TABLE = "CREATE TABLE kept (value integer)"
_INSERT = "INSERT INTO kept SELECT generate_series(1, 1000)"
_COUNT = "SELECT count(*) FROM kept"


async def test_every_committed_row_is_there_after_a_kill(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "pg")
    assert server.prepare()
    server.start()
    await server.ready()
    connection = await connect(server.url("postgres"), application="test")
    await connection.execute(_MAKE_TABLE)
    await connection.execute(_INSERT)
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    connection.terminate()

    async def start_again() -> None:
        # the backends of the killed server need a moment to notice, and until then the folder counts as in use
        for _ in range(50):
            server.start()
            try:
                return await server.ready()
            except PlatformError as error:
                if "still ending" not in str(error):
                    raise
            await asyncio.sleep(0.1)
        raise AssertionError("the server did not come back")

    assert not server.prepare()
    await start_again()
    connection = await connect(server.url("postgres"), application="test")
    assert await connection.fetchval(_COUNT) == 1000
    await connection.close()
    await server.stop()


async def test_nobody_enters_without_the_password(tmp_path: Path) -> None:
    async with running_server(tmp_path / "pg") as server:
        stranger = server.url("postgres").replace(":" + server.url("postgres").split(":")[2].split("@")[0], ":wrong")
        with pytest.raises(Exception, match="password authentication failed"):
            await connect(stranger, application="test")
        assert (tmp_path / "pg" / "password").stat().st_mode & 0o077 == 0
        assert (tmp_path / "pg").stat().st_mode & 0o077 == 0


async def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with running_server(tmp_path / "pg"):
        with pytest.raises(PlatformError, match="Another PostgreSQL runs on"):
            PostgresServer(tmp_path / "pg").prepare()


def test_a_folder_that_is_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "thesis.txt").write_text("do not touch")
    with pytest.raises(PlatformError, match="is damaged: it is not empty") as caught:
        PostgresServer(tmp_path / "pg").prepare()
    assert "mv " in caught.value.hint
    assert (data / "thesis.txt").read_text() == "do not touch"


async def test_damage_is_named_before_or_while_it_starts(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "pg")
    server.prepare()
    control = server.data / "global" / "pg_control"
    whole = control.read_bytes()

    control.write_bytes(bytes(len(whole)))
    server.start()
    with pytest.raises(PlatformError, match=r"is damaged|another version") as caught:
        await server.ready()
    assert caught.value.hint

    control.write_bytes(whole)
    for segment in (server.data / "pg_wal").iterdir():
        if segment.is_file():
            segment.unlink()
    server.start()
    with pytest.raises(PlatformError, match="is damaged"):
        await server.ready()

    control.unlink()
    with pytest.raises(PlatformError, match=r"global/pg_control is missing"):
        server.prepare()
    (server.data / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(PlatformError, match="made by PostgreSQL 9"):
        server.prepare()


def test_a_file_in_the_folders_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "pg").write_text("")
    with pytest.raises(PlatformError, match="could not use its folder"):
        PostgresServer(tmp_path / "pg").prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become someone else")
async def test_root_without_namespaces_runs_it_as_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="insitechart-") as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "pg"
        monkeypatch.setenv("PATH", place)
        async with running_server(folder) as server:
            assert server.process is not None
            assert psutil.Process(server.process.pid).uids().real != 0
            assert (folder / "data").stat().st_uid != 0
            await (await connect(server.url("postgres"), application="test")).close()
        # the account stays the owner, even once namespaces are to be had
        monkeypatch.undo()
        async with running_server(folder) as server:
            assert server.identity.account is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become someone else")
def test_root_without_namespaces_says_when_no_account_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match="refuses to run as root") as caught:
        PostgresServer(closed / "pg").prepare()
    assert "INSITECHART_HOME" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the platform's guard does this")
def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from lib.postgres.server import PostgresServer
async def main():
    server = PostgresServer(Path({str(tmp_path / "pg")!r}))
    server.prepare(); server.start(); await server.ready()
    print(server.process.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    server = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    gone, alive = psutil.wait_procs([server], timeout=15)
    assert not alive, gone
