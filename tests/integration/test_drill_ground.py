"""A drill touches nothing but its own: it refuses whatever is in use, and leaves nothing behind, killed or not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import Unfinished
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.recovery.ground import Ground, open_ground, remove_leftovers
from lib.recovery.isolation import Production, production_of, refuse_folder, refuse_server, refuse_url, untie
from lib.recovery.readonly import ReadOnlyStore
from lib.recovery.traces import Recorded, marked, recorded, shared_memory_left
from lib.settings import Settings

NOTHING = Production((), ())


def in_use(postgres: PostgresServer) -> Settings:
    """The settings of an installation whose database is `postgres`."""
    return Settings.model_validate({"home": postgres.folder / "home", "database_url": postgres.url("postgres")})


def test_a_folder_in_use_is_refused_however_it_is_named(tmp_path: Path) -> None:
    used = tmp_path / "postgres"
    (used / "data" / "global").mkdir(parents=True)
    (used / "data" / "global" / "pg_control").write_bytes(b"x")
    (tmp_path / "link").symlink_to(used)
    twin = tmp_path / "twin" / "data" / "global"
    twin.mkdir(parents=True)
    os.link(used / "data" / "global" / "pg_control", twin / "pg_control")
    production = Production((used,), ())
    for folder in (used, used / "data", tmp_path, tmp_path / "link" / "data", tmp_path / "x" / ".." / "postgres"):
        with pytest.raises(DrillRefused, match="in use"):
            refuse_folder(production, folder)
    for folder in (tmp_path / "twin", tmp_path / "twin" / "data"):
        with pytest.raises(DrillRefused, match="under another name"):
            refuse_folder(production, folder)
    refuse_folder(production, tmp_path / "postgres-copy")


def test_an_address_in_use_is_refused_however_it_is_written() -> None:
    production = Production((), ("postgresql://kim:secret@127.0.0.1:5432/insitechart",))
    for url in (
        "postgresql://127.0.0.1:5432/other",
        "postgresql://localhost:5432/insitechart",
        "postgresql://somebody@[::1]/insitechart",
        "postgresql://127.0.0.1:5433,127.0.0.1:5432/insitechart?target_session_attrs=read-write",
        "postgresql://127.1.2.3/insitechart",
    ):
        with pytest.raises(DrillRefused, match="in use"):
            refuse_url(production, url)
    refuse_url(production, "postgresql://127.0.0.1:5433/insitechart")


async def test_the_server_in_use_is_known_by_its_system_and_its_folder(postgres: PostgresServer) -> None:
    production = await production_of(in_use(postgres))
    assert production.data == str(postgres.data)
    # found by what it says of itself, where the address alone tells nothing
    with pytest.raises(DrillRefused, match="the one in use"):
        await refuse_server(production._replace(urls=()), postgres.url("postgres"))


def test_a_drill_keeps_to_its_folder(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "drills" / "one", NOTHING)
    for name in ("../two", "..", ".", "/etc", "a/../.."):
        with pytest.raises(DrillRefused, match="does not lie in"):
            ground.place(name)


async def test_a_process_that_the_drill_did_not_start_is_not_killed(tmp_path: Path) -> None:
    async with open_ground(Settings(home=tmp_path), NOTHING) as ground:
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
            with pytest.raises(DrillRefused, match="none that this drill"):
                await ground.kill(other.pid)
            # a number that was recorded once, and is somebody else's now
            line = f'{{"name":"x","pid":{other.pid},"created":1.0}}\n'
            (ground.folder / "processes.jsonl").write_text(line)
            await ground.kill(other.pid)
            assert other.poll() is None
            other.kill()


async def test_a_killed_server_leaves_neither_process_nor_shared_memory(tmp_path: Path) -> None:
    async with open_ground(Settings(home=tmp_path), NOTHING) as ground:
        server = await ground.start_server("primary")
        assert server.process is not None
        records = recorded(ground.folder)
        tree = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
        server.process.kill()
        server.process.wait()
        assert len(tree) > 3
    assert not [process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert shared_memory_left(records) == []
    assert list((tmp_path / "drills").iterdir()) == []


_DRILL = """
import asyncio, sys
from pathlib import Path
from lib.recovery.ground import open_ground
from lib.recovery.isolation import Production
from lib.settings import Settings

async def main():
    async with open_ground(Settings(home=Path(sys.argv[1])), Production((), ())) as ground:
        server = await ground.start_server("primary")
        print(ground.folder, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def test_what_a_killed_drill_left_is_gone_after_the_next_looks(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _DRILL, str(tmp_path)], stdout=subprocess.PIPE, text=True) as drill:
        assert drill.stdout is not None
        folder = Path(drill.stdout.readline().strip())
        records: list[Recorded] = recorded(folder)
        # one that runs is left alone
        assert remove_leftovers(tmp_path / "drills") == []
        drill.send_signal(signal.SIGKILL)
        drill.wait()
    assert folder.is_dir()
    assert remove_leftovers(tmp_path / "drills") == [folder.name]
    assert not folder.exists()
    assert list(marked(folder)) == []
    assert shared_memory_left(records) == []


def test_a_restored_configuration_loses_what_ties_it(tmp_path: Path) -> None:
    (tmp_path / "standby.signal").touch()
    (tmp_path / "recovery.signal").touch()
    lines = [
        "archive_mode = 'on'",
        "archive_command = 'cp %p /production/%f'",
        "primary_conninfo = 'host=production'",
        "synchronous_standby_names = 'ANY 1 (x)'",
        "restore_command = 'fetch'",
        "recovery_target = 'immediate'",
        "port = 5432",
        "work_mem = '16MB'",
    ]
    (tmp_path / "postgresql.auto.conf").write_text("\n".join(lines))
    untie(tmp_path)
    kept = (tmp_path / "postgresql.auto.conf").read_text().splitlines()
    assert kept == ["work_mem = '16MB'", "synchronous_standby_names = ''"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["postgresql.auto.conf"]


def test_of_the_real_store_nothing_is_changed(tmp_path: Path) -> None:
    real = FolderStore(tmp_path)
    real.put("a/b", b"bytes")
    store = ReadOnlyStore(real)
    assert (store.get("a/b"), b"".join(store.read("a/b")), [one.key for one in store.objects()]) == (
        b"bytes",
        b"bytes",
        ["a/b"],
    )
    at = next(real.objects()).modified_at
    for change in (
        lambda: store.put("a/c", b""),
        lambda: store.replace("a/b", b""),
        lambda: store.begin("a/c"),
        lambda: store.delete(["a/b"]),
        lambda: store.abort(Unfinished("a/b", "x", at)),
    ):
        with pytest.raises(DrillRefused, match="the store in use"):
            change()
    assert [one.key for one in real.objects()] == ["a/b"]
