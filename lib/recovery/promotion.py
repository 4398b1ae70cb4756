"""A primary dies, and its standby takes over: detected, fenced, promoted, clients reconnected. In a drill alone.

Nothing of this decides a real failover: that is for whoever keeps a quorum (docs/drills.md).
"""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Literal

import psutil

from lib.backup.programs import connection_environment, run
from lib.db.recovery.commits import found_commits, several
from lib.db.recovery.standbys import NAME, Detector, follow_synchronously, promote
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.recovery.ground import Ground
from lib.recovery.losses import Acknowledged, Loss, count_loss
from lib.recovery.stage import Stage
from lib.recovery.writer import Writer, writing

Death = Literal["killed", "frozen"]

INJECTED: dict[Death, str] = {
    "killed": "primary killed (SIGKILL) under steady commits; its standby promoted",
    "frozen": "primary frozen (SIGSTOP) under steady commits: silent, and connections stay open; its standby promoted",
}

RTO_S = 5.0
_FOLLOW_S = 90.0
_PROMOTE_S = 30
_CLIENTS_S = 30.0


async def add_standby(ground: Ground, primary: PostgresServer, name: str) -> PostgresServer:
    """A standby of `primary` in the folder `name`, which follows it synchronously."""
    folder = ground.place(name)
    await asyncio.to_thread(_copy, primary, folder)
    options = {"primary_conninfo": _follow(primary, folder), "primary_slot_name": NAME, "hot_standby": "on"}
    standby = await ground.start_server(name, options=options, binaries=primary.binaries, follows=True)
    await follow_synchronously(primary.url(), seconds=_FOLLOW_S)
    return standby


async def fail_over(
    stage: Stage,
    ground: Ground,
    primary: PostgresServer,
    standby: PostgresServer,
    writer: Writer,
    *,
    death: Death,
    interval_s: float,
) -> Loss:
    """Ends `primary` and has `standby` take its place under `writer`, which knows both; what was lost."""
    detector = Detector(primary.url(), interval_s=interval_s)
    watching = asyncio.create_task(detector.watch())
    try:
        # the detector must have seen it alive, else it shows nothing
        await writer.further(20, seconds=30)
        assert primary.process is not None
        stage.strike()
        await asyncio.to_thread(_kill if death == "killed" else _freeze, primary)
        await stage.step("detect", "notice that the primary is gone", interval_s * 3 + 1, lambda: watching, str)
    finally:
        watching.cancel()
    await stage.step("assess", "fence the primary: it is dead, and stays so", 1.0, lambda: _fence(ground, primary))
    await stage.step(
        "recover", "promote the standby", 2.0, lambda: promote(standby.url("postgres"), seconds=_PROMOTE_S)
    )
    await stage.step("recover", "clients reconnect", 2.0, lambda: writer.further(1, seconds=_CLIENTS_S), _first)
    stage.serve()
    await writer.further(20, seconds=30)
    # the writer goes on while they are counted
    promised = list(writer.acknowledged)
    found = await stage.step("verify", "count the commits", 30.0, lambda: found_commits(standby.url()), _many)
    loss = count_loss(promised, found)
    stage.check("no acknowledged commit is lost", loss.rows == 0, f"{loss.rows} of {loss.acknowledged} lost")
    stage.check("the old primary stays dead", not await primary.accepts(), "nothing answers at its address")
    return loss


async def rehearse_promotion(
    stage: Stage,
    ground: Ground,
    primary: PostgresServer,
    *,
    per_second: float,
    interval_s: float = 0.4,
    death: Death = "killed",
    first: int = 1,
) -> tuple[Loss, PostgresServer]:
    """Gives `primary` a standby, ends it under a steady writer, and promotes. What was lost, and the new primary."""
    standby = await stage.prepare("follow the primary", 120.0, lambda: add_standby(ground, primary, "standby"))
    url = several(primary.url(), standby.url())
    ledger = ground.folder / "promotion.acknowledged"
    async with writing(url, per_second=per_second, ledger=ledger, first=first) as writer:
        loss = await fail_over(stage, ground, primary, standby, writer, death=death, interval_s=interval_s)
    return loss, standby


def _copy(primary: PostgresServer, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    shutil.copyfile(primary.folder / "password", folder / "password")
    (folder / "password").chmod(0o600)
    command: list[str | Path] = [
        primary.binaries / "pg_basebackup", "-D", folder / "data", "-X", "stream", "-C", "-S", NAME,
        "--checkpoint=fast", "--no-sync",
    ]  # fmt: skip
    run(command, connection_environment(primary.url()), seconds=1800)


def _follow(primary: PostgresServer, folder: Path) -> str:
    # a command line is for everybody to read, so the password stands in a file
    passfile = folder / "pgpass"
    password = (folder / "password").read_text(encoding="ascii").strip()
    passfile.touch(mode=0o600)
    passfile.write_text(f"127.0.0.1:{primary.port}:*:insitechart:{password}\n", encoding="ascii")
    return f"host=127.0.0.1 port={primary.port} user=insitechart application_name={NAME} passfile={passfile}"


def _kill(primary: PostgresServer) -> None:
    assert primary.process is not None
    primary.process.kill()
    primary.process.wait()


def _freeze(primary: PostgresServer) -> None:
    assert primary.process is not None
    process = psutil.Process(primary.process.pid)
    for one in (process, *process.children(recursive=True)):
        one.suspend()


async def _fence(ground: Ground, primary: PostgresServer) -> None:
    # a primary that only seemed dead must be before another takes its place
    assert primary.process is not None
    await ground.kill(primary.process.pid)
    if primary.process.poll() is None:
        raise DrillRefused("The old primary could not be ended, so no other takes its place.")


def _many(found: list[int]) -> str:
    return f"{len(found):,} are there"


def _first(one: Acknowledged) -> str:
    return f"commit {one.number} acknowledged at {time.strftime('%H:%M:%S', time.gmtime(one.at))} UTC"
