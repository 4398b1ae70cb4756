"""A scratch server is gone afterwards, whatever happens, and nobody else's is touched."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from lib.backup.scratch import remove_leftovers, scratch_server
from lib.db.pool import connect

_KILLED = """
import asyncio, sys
from pathlib import Path
from lib.backup.scratch import scratch_server

async def main():
    async with scratch_server(Path(sys.argv[1])) as server:
        print(server.folder, server.process.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_it_is_gone_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"):  # noqa: PT012  what happens before is looked at below
        async with scratch_server(tmp_path / "scratch") as server:
            connection = await connect(server.url("postgres"), application="insitechart-test")
            settings = "SELECT name, setting FROM pg_settings WHERE name = ANY ($1)"
            wanted = ["archive_mode", "data_checksums", "fsync", "listen_addresses", "unix_socket_directories"]
            found = dict(map(tuple, await connection.fetch(settings, wanted)))
            await connection.close()
            raise ValueError("mine")
    assert found == {
        "archive_mode": "off", "data_checksums": "on", "fsync": "off", "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }  # fmt: skip
    assert list((tmp_path / "scratch").iterdir()) == []
    assert server.process is not None
    assert server.process.poll() is not None


async def test_what_a_killed_owner_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder, pid = owner.stdout.readline().split()
        assert await remove_leftovers(tmp_path) == []
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    async with scratch_server(tmp_path) as mine:
        assert await remove_leftovers(tmp_path) == [Path(folder).name]
        assert await mine.accepts()
    assert list(tmp_path.iterdir()) == []
    assert not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE


async def test_a_process_that_only_has_the_recorded_number_lives_on(tmp_path: Path) -> None:
    folder = tmp_path / "scratch-0badcafe"
    (folder / "data").mkdir(parents=True)
    (folder / "owner.json").write_bytes(msgspec.json.encode({"pid": os.getpid(), "created": 1.0}))
    with subprocess.Popen(["sleep", "600"]) as stranger:
        (folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        assert await remove_leftovers(tmp_path) == [folder.name]
        assert stranger.poll() is None
        stranger.kill()
    assert not folder.exists()
