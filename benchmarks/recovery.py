"""What is lost with a server and its disk, and how long the way back to a moment takes, beside doing it by hand.

It does not know the other benchmarks.

INSITECHART_BENCH_MB shrinks the database (1,024 MB), INSITECHART_BENCH_TRIALS the losses (10).
"""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from lib.backup.base.take import take_base
from lib.backup.keys import new_identity, parse_backup_keys
from lib.backup.pitr.recovery import recover
from lib.backup.pitr.restore import restore_to
from lib.backup.pitr.targets import LATEST, Target
from lib.backup.programs import connection_environment, programs_of, run
from lib.backup.store.folder import FolderStore
from lib.backup.wal.positions import parse_lsn
from lib.backup.wal.service import ArchiveService
from lib.db.databases import create_database
from lib.db.installation import installation_id
from lib.db.migrate import migrate
from lib.db.pool import connect
from lib.postgres.cluster import clean_environment
from lib.postgres.server import PostgresServer
from lib.settings import Settings

Row = tuple[str, float, float, str]

_MB = int(os.environ.get("INSITECHART_BENCH_MB", "1024"))
_TRIALS = int(os.environ.get("INSITECHART_BENCH_TRIALS", "10"))
_COMMITS_S = 100
_SETTINGS = {"summarize_wal": "on"}

_MAKE = "CREATE TABLE IF NOT EXISTS committed (n bigint PRIMARY KEY, filler text)"
_COMMIT = "INSERT INTO committed VALUES ($1::bigint, repeat(md5($1::bigint::text), 8))"
_LAST = "SELECT coalesce(max(n), 0), count(*) FROM committed"
_FILL = """
CREATE TABLE filling AS
SELECT n, md5(n::text) || md5((n + 1)::text) AS a, repeat(md5((n * 7)::text), 4) AS b FROM generate_series(1, $1::int) n
"""


async def main() -> list[Row]:
    """Rows of (what, ours, baseline, unit). What is lost and how long it takes is better where it is smaller."""
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as folder:
        lost = await losses(Path(folder))
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as folder:
        ours, by_hand = await ways_back(Path(folder))
    return [
        (f"lost with server and disk, worst of {len(lost)} (floor beside it)", max(lost) * 1000, 5000, "ms"),
        ("… in the middle", sorted(lost)[len(lost) // 2] * 1000, 5000, "ms"),
        (f"way back to a moment, {_MB} MB (by hand beside it)", ours * 1000, by_hand * 1000, "ms"),
    ]


class _Acknowledged(NamedTuple):
    """Commits that somebody outside was told of: their number, and when."""

    number: int
    at: float


async def losses(folder: Path) -> list[float]:
    """Seconds of acknowledged commits that were lost, one for each trial: server, service and disk go at once, at a
    random moment, and the store alone is left.
    """
    dice = random.Random(20261128)
    identity = new_identity()
    keys = parse_backup_keys(identity, place="here")
    store = FolderStore(folder / "store")
    server = await _made(folder / "cluster-0")
    connection = await connect(server.url(), application="insitechart-bench")
    installation = await installation_id(connection)
    await connection.execute(_MAKE)
    await connection.execute(_FILL.replace("$1", str(_MB * 4000)))
    await connection.close()
    lost = []
    for trial in range(_TRIALS):
        home = folder / f"home-{trial}"
        service = _service(home, server, store, identity)
        if trial == 0:
            await take_base(server.url(), store, keys, installation=installation, parent=None, now=datetime.now(UTC))
        acknowledged: list[_Acknowledged] = []
        writing = asyncio.create_task(_write(server.url(), acknowledged))
        await _until_streaming(home)
        await asyncio.sleep(4 + dice.random() * 4)
        gone_at = time.monotonic()
        _kill(service, server)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        shutil.rmtree(home)
        shutil.rmtree(server.folder)
        began = time.monotonic()
        place = folder / f"cluster-{trial + 1}"
        restored = await restore_to(store, keys, installation, LATEST, folder=place)
        server = await _started(place)
        back = time.monotonic() - began
        connection = await connect(server.url(), application="insitechart-bench")
        row = await connection.fetchrow(_LAST)
        await connection.close()
        assert row is not None
        told = [each for each in acknowledged if each.at <= gone_at]
        assert told, "nothing was committed, so nothing was measured"
        missing = [each for each in told if each.number > row[0]]
        assert row[0] == row[1], "rows in the middle are missing"
        lost.append(gone_at - missing[0].at if missing else 0.0)
        print(
            f"trial {trial + 1}: {len(told)} commits, {len(missing)} lost, {lost[-1]:.2f} s; back in {back:.1f} s"
            f" ({restored.reached_lsn})"
        )
    await server.stop()
    return lost


async def ways_back(folder: Path) -> tuple[float, float]:
    """Seconds from nothing to a running server at the same place: ours from the store, and tar and cp by hand."""
    keys = parse_backup_keys(new_identity(), place="here")
    store = FolderStore(folder / "store")
    server = await _made(folder / "cluster")
    programs = programs_of(18)
    connection = await connect(server.url(), application="insitechart-bench")
    installation = await installation_id(connection)
    await connection.execute(_MAKE)
    await connection.execute(_FILL.replace("$1", str(_MB * 4000)))
    stop = asyncio.Event()
    service = ArchiveService(Settings(home=folder / "home", wal_every_ms=200), server.url(), store, keys)
    sending = asyncio.create_task(service.run(stop))
    raw = folder / "raw"
    run(
        [programs / "pg_basebackup", f"--pgdata={raw}", "--format=tar", "--wal-method=fetch", "--checkpoint=fast"],
        connection_environment(server.url()),
    )
    await take_base(server.url(), store, keys, installation=installation, parent=None, now=datetime.now(UTC))
    for number in range(1, 1 + _MB // 4):
        await connection.execute("UPDATE filling SET b = md5(b) WHERE n % 1000 = $1", number % 1000)
    await connection.execute(_COMMIT, 1)
    place: str = await connection.fetchval("SELECT pg_current_wal_insert_lsn()::text")
    wanted = parse_lsn(place)
    # PostgreSQL takes a place for reached when it sees a record behind it
    await connection.execute(_COMMIT, 2)
    async with asyncio.timeout(600):
        while (service.progress.sent_to or 0) < wanted:  # noqa: ASYNC110  it is another loop that sends
            await asyncio.sleep(0.1)
    await connection.close()
    segments = folder / "segments"
    shutil.copytree(server.data / "pg_wal", segments, ignore=shutil.ignore_patterns("*.history", "summaries"))
    stop.set()
    await sending
    await server.stop()
    ours, by_hand = [], []
    for round_ in range(2):
        began = time.monotonic()
        await restore_to(store, keys, installation, Target("lsn", lsn=wanted), folder=folder / f"ours-{round_}")
        running = await _started(folder / f"ours-{round_}")
        ours.append(time.monotonic() - began)
        await running.stop()
        shutil.rmtree(running.folder)
        began = time.monotonic()
        running = await _by_hand(raw, segments, folder / f"hand-{round_}", programs, place)
        by_hand.append(time.monotonic() - began)
        await running.stop()
        shutil.rmtree(running.folder)
        print(f"round {round_ + 1}: ours {ours[-1]:.1f} s, by hand {by_hand[-1]:.1f} s")
    return min(ours), min(by_hand)


async def _by_hand(raw: Path, segments: Path, place: Path, programs: Path, target: str) -> PostgresServer:
    """What a person would do: unpack, copy the log beside it, recover to the same place, start."""
    data = place / "data"
    data.mkdir(parents=True, mode=0o700)
    run(["tar", "--no-same-owner", "-xf", str(raw / "base.tar"), "-C", str(data)], clean_environment())
    shutil.copytree(segments, place / "segments")
    settings = {"recovery_target_lsn": target, "recovery_target_inclusive": "off"}
    # the same start and stop of the server as ours: what differs is how everything came here
    await recover(place, programs, settings, superuser="insitechart", log=place / "segments")
    return await _started(place)


async def _made(folder: Path) -> PostgresServer:
    server = await _started(folder)
    await create_database(server.url("postgres"), "insitechart")
    await migrate(server.url())
    return server


async def _started(folder: Path) -> PostgresServer:
    server = PostgresServer(folder, options=_SETTINGS)
    server.prepare()
    server.start()
    await server.ready()
    return server


def _service(home: Path, server: PostgresServer, store: FolderStore, identity: str) -> subprocess.Popen[bytes]:
    home.mkdir()
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "deployments.cli", "archive"],
        env={
            **clean_environment(),
            "INSITECHART_HOME": str(home),
            "INSITECHART_DATABASE_URL": server.url(),
            "INSITECHART_BACKUP_STORE": store.place,
            "INSITECHART_BACKUP_KEYS": identity,
        },
        start_new_session=True,
    )


async def _until_streaming(home: Path) -> None:
    async with asyncio.timeout(120):
        while not list(home.glob("wal/*/*.partial")):  # noqa: ASYNC110, ASYNC240  another process makes it
            await asyncio.sleep(0.1)


async def _write(url: str, acknowledged: list[_Acknowledged]) -> None:
    connection = await connect(url, application="insitechart-bench")
    last = await connection.fetchval("SELECT coalesce(max(n), 0) FROM committed")
    due = time.monotonic()
    while True:
        last += 1
        await connection.execute(_COMMIT, last)
        acknowledged.append(_Acknowledged(last, time.monotonic()))
        # a pause of the server is not made up for: the rate is what clients ask for, not a debt
        due = max(due + 1 / _COMMITS_S, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


def _kill(service: subprocess.Popen[bytes], server: PostgresServer) -> None:
    assert server.process is not None
    # the root of a machine that burns takes everything with it in no order
    doomed = [psutil.Process(service.pid), psutil.Process(server.process.pid)]
    doomed += [child for process in doomed for child in process.children(recursive=True)]
    for process in doomed:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(doomed, timeout=30)
    service.wait()
    server.process.wait()
