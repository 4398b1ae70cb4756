"""Server and disk are gone, and only the store is left: the database is restored to the latest moment that the store
leads to, and what was committed after it is counted. In a drill alone.
"""

import asyncio
from collections.abc import Sequence

from lib.backup.keys import BackupKeys
from lib.backup.pitr.restore import Restored
from lib.backup.pitr.survey import recoverable
from lib.db.recovery.commits import Client, found_commits, make_commits
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.recovery.ground import Ground
from lib.recovery.losses import Loss, count_loss
from lib.recovery.protection import Protected, destroy, protect, rebuild
from lib.recovery.stage import Stage
from lib.recovery.writer import Writer, writing

INJECTED = "server killed (SIGKILL) under steady commits, and its folder deleted; restored from the store alone"

PER_SECOND = 100.0
_WARM_COMMITS = 300


async def rehearse_restore(
    stage: Stage, ground: Ground, server: PostgresServer, keys: BackupKeys, installation: str, *, budget_s: float
) -> tuple[Loss, PostgresServer]:
    """Protects `server`, destroys it under a steady writer, restores it. What was lost, and the new server."""
    await make_commits(server.url())
    protected = await protect(stage, ground, server, keys, installation)
    writer = await write_until_struck(stage, ground, server, protected)
    await stage.step("detect", "the server does not answer", 1.0, lambda: refuse_alive(server), str)
    await stage.step(
        "assess", "what the store leads to", 10.0,
        lambda: asyncio.to_thread(recoverable, protected.store, keys, installation), str,
    )  # fmt: skip
    _, fresh = await stage.step(
        "recover", "restore the latest moment, and start it", budget_s,
        lambda: rebuild(ground, protected.store, keys, installation, "restored", server.binaries),
        lambda done: told(done[0]),
    )  # fmt: skip
    await stage.step("recover", "it takes commits", 30.0, lambda: takes_commits(fresh, writer), str)
    stage.serve()
    loss = await stage.step("verify", "count the commits", 60.0, lambda: count_lost(fresh, writer), str)
    stage.check("no hole in what is there", loss.holes == 0, f"{loss.holes} holes, {loss.rows} rows lost at the end")
    return loss, fresh


async def write_until_struck(
    stage: Stage,
    ground: Ground,
    server: PostgresServer,
    protected: Protected,
    *folders: str,
    others: Sequence[int] = (),
) -> Writer:
    """Writes steadily, and destroys everything but the store meanwhile: server, service, the processes `others`, and
    the folders. The writer, which knows what was acknowledged."""
    # it may have been written to by another before
    first = max(await found_commits(server.url()), default=0) + 1
    async with writing(
        server.url(), per_second=PER_SECOND, ledger=ground.folder / "acknowledged", first=first
    ) as writer:
        await writer.further(_WARM_COMMITS, seconds=120)
        stage.strike()
        await destroy(ground, server, protected, *folders, others=others)
    return writer


async def refuse_alive(server: PostgresServer) -> str:
    """Raises DrillRefused if `server` still answers."""
    if await server.accepts():
        raise DrillRefused("The server that was to be lost still answers.")
    return "nothing answers at its address"


async def count_lost(server: PostgresServer, writer: Writer) -> Loss:
    """What `writer` was promised and `server` does not have."""
    return count_loss(writer.acknowledged, await found_commits(server.url()))


async def takes_commits(server: PostgresServer, writer: Writer) -> str:
    """Commits one more, with a number that `writer` never tried."""
    client = Client(server.url(), seconds=10)
    try:
        await client.commit(writer.next_number)
    finally:
        await client.close()
    return f"commit {writer.next_number} acknowledged"


def told(restored: Restored) -> str:
    """What was restored, for people."""
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in restored.seconds.items())
    return f"from base {restored.base_id} to {restored.reached_lsn} ({phases})"
