"""Drills that must turn red: each fault is done to a copy of a drill's own store, and the real verification has to
notice it, for the right reason. Before that it has to find the sound store good, else its red would show nothing.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lib.backup.catalogue import only_installation, read_backup, read_backups, write_verdict
from lib.backup.dump import take_dump
from lib.backup.keys import BackupKeys, new_identity, parse_backup_keys, write_backup_keys
from lib.backup.pitr.restore import restore_to
from lib.backup.pitr.targets import LATEST
from lib.backup.store.folder import FolderStore
from lib.backup.verify import verify_dump
from lib.db.pool import connect
from lib.db.recovery.commits import make_commits
from lib.db.recovery.replication import switch_segment
from lib.domain.backups import Check, Index, Verdict
from lib.domain.retention import refusal
from lib.errors import DrillRefused, InsiteChartError
from lib.postgres.server import PostgresServer
from lib.recovery.apis import program_environment
from lib.recovery.ground import Ground
from lib.recovery.protection import protect
from lib.recovery.spoiling import closed_segments, copy_of, flip, lose_segment, shift, truncate
from lib.recovery.stage import Stage
from lib.recovery.writer import writing

NAMES = (
    "truncated dump", "flipped bit", "missing WAL segment", "wrong key", "empty bucket", "stale backup", "full disk",
    "clock skew",
)  # fmt: skip
INJECTED = ", ".join(NAMES)

GREEN = "good"
_NOTICE_S = 300.0
_CRAMPED = "16m"


class Sound(NamedTuple):
    """A store in which nothing is wrong, and what is in it."""

    store: FolderStore
    installation: str
    dump: Index
    base: Index
    keys: BackupKeys


class Fault(NamedTuple):
    """What is spoiled, how it is looked at (what came of that, in words), and what the red must say."""

    name: str
    look: Callable[[], Awaitable[str]]
    reason: Callable[[], str]


async def rehearse_faults(
    stage: Stage, ground: Ground, server: PostgresServer, keys: BackupKeys, installation: str
) -> None:
    """Takes backups of `server`, spoils copies of them, and sees that every fault is noticed."""
    sound = await _sound(stage, ground, server, keys, installation)
    stage.strike()
    for fault in faults(stage, ground, sound):
        said = await stage.step("detect", fault.name, _NOTICE_S, fault.look, str)
        ok = said != GREEN and re.search(fault.reason(), said, re.IGNORECASE) is not None
        stage.check(f"{fault.name} is noticed", ok, said, stage.phases[-1].seconds)
    stage.serve()


def faults(stage: Stage, ground: Ground, sound: Sound) -> list[Fault]:
    """All that can be done on this machine; a warning for what cannot."""
    spoil = _Spoiler(ground, sound)
    found = [
        Fault("truncated dump", spoil.truncated, lambda: r"archive: .*(damaged at|ends too early)"),
        Fault("flipped bit", spoil.flipped, lambda: r"archive: .*damaged at"),
        # the red must name the very one
        Fault("missing WAL segment", spoil.missing_segment, lambda: f"Damaged: .*segment {spoil.lost} is missing"),
        Fault("wrong key", spoil.wrong_key, lambda: r"manifest: No key at hand opens"),
        Fault("empty bucket", spoil.empty, lambda: r"NotRestorable: The store .* is empty"),
        Fault("stale backup", spoil.stale, lambda: r"more than \d+ days ago"),
        Fault("full disk", spoil.full_disk, lambda: r"raised: .*(is full|no space left)"),
        Fault("clock skew", spoil.skewed, lambda: r"still to come.*a clock is wrong"),
    ]
    if not may_make_disks():
        stage.warnings.append("This machine lets nobody make a small disk, so 'full disk' was NOT rehearsed here.")
        found = [fault for fault in found if fault.name != "full disk"]
    return found


def may_make_disks() -> bool:
    """Whether a file system of a few megabytes can be made here, seen by one process alone."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m none /tmp"]
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class _Spoiler:
    def __init__(self, ground: Ground, sound: Sound) -> None:
        self._ground, self._sound = ground, sound
        self.lost = ""

    def _copy(self, name: str) -> FolderStore:
        return copy_of(self._sound.store, self._ground.place(f"spoiled-{name}"))

    async def truncated(self) -> str:
        store = self._copy("truncated")
        truncate(store, self._sound.dump)
        return await verified(self._ground, store, self._sound)

    async def flipped(self) -> str:
        store = self._copy("flipped")
        flip(store, self._sound.dump)
        return await verified(self._ground, store, self._sound)

    async def missing_segment(self) -> str:
        store = self._copy("segment")
        self.lost = lose_segment(store, self._sound.base)
        return await restored(self._ground, store, self._sound, "missing")

    async def wrong_key(self) -> str:
        other = parse_backup_keys(new_identity(), place="a key that was just made")
        return await verified(self._ground, self._sound.store, self._sound._replace(keys=other))

    async def empty(self) -> str:
        async def look() -> str:
            return only_installation(FolderStore(self._ground.place("spoiled-empty"))) and GREEN

        return await _words(look)

    async def stale(self) -> str:
        return judged(self._shifted("stale", timedelta(days=-10)), self._sound.installation)

    async def skewed(self) -> str:
        return judged(self._shifted("skewed", timedelta(days=1)), self._sound.installation)

    async def full_disk(self) -> str:
        return await cramped(self._ground, self._sound)

    def _shifted(self, name: str, by: timedelta) -> FolderStore:
        store = self._copy(name)
        shift(store, self._sound.installation, ("logical", "base"), by)
        return store


async def verified(ground: Ground, store: FolderStore, sound: Sound) -> str:
    """What verifying the logical backup says: `good`, or every check that failed."""

    async def look() -> str:
        backup = await asyncio.to_thread(read_backup, store, sound.installation, "logical", sound.dump.id)
        verdict = await verify_dump(store, sound.keys, backup, folder=ground.place("scratch"))
        wrong = "; ".join(f"{check.name}: {check.found}" for check in verdict.checks if not check.ok)
        return wrong or GREEN

    return await _words(look)


async def restored(ground: Ground, store: FolderStore, sound: Sound, name: str) -> str:
    """What restoring the latest moment says."""

    async def look() -> str:
        folder = ground.place(f"restored-{name}")
        await restore_to(store, sound.keys, sound.installation, LATEST, folder=folder, durable=False)
        await ground.destroy(folder.name)
        return GREEN

    return await _words(look)


def judged(store: FolderStore, installation: str) -> str:
    """What is said of the ages of what is kept."""
    kept = [*read_backups(store, installation, "logical"), *read_backups(store, installation, "base")]
    return refusal(kept, datetime.now(UTC)) or GREEN


async def cramped(ground: Ground, sound: Sound) -> str:
    """What verifying says on a disk of a few megabytes."""
    folder, keys = ground.place("cramped"), ground.place("cramped-keys")
    folder.mkdir()
    write_backup_keys(keys, [str(identity) for identity in sound.keys.identities])
    mount = f'mount -t tmpfs -o size={_CRAMPED} none "$0" && exec "$@"'
    look = [sys.executable, "-P", "-m", "lib.recovery.cramped", folder, sound.store.folder, keys]
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, folder, *look]
    process = await asyncio.create_subprocess_exec(
        *(str(word) for word in (*command, sound.installation, sound.dump.id)),
        env=program_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said, _ = await process.communicate()
    return said.decode(errors="replace") or "it said nothing"


async def _sound(stage: Stage, ground: Ground, server: PostgresServer, keys: BackupKeys, installation: str) -> Sound:
    await make_commits(server.url())
    protected = await protect(stage, ground, server, keys, installation)
    now = datetime.now(UTC)
    dump = await stage.prepare(
        "take a logical backup", 1800.0,
        lambda: take_dump(server.url(), protected.store, keys, installation=installation, now=now),
    )  # fmt: skip
    await stage.prepare("write some log", 60.0, lambda: _write_log(ground, server, protected.store, protected.base))
    await ground.kill(protected.service.pid)
    sound = Sound(protected.store, installation, dump, protected.base, keys)
    # what is not good without a fault shows nothing with one
    for name, look in (
        ("verify the sound backup", lambda: verified(ground, sound.store, sound)),
        ("restore the sound log", lambda: restored(ground, sound.store, sound, "sound")),
    ):
        said = await stage.prepare(name, 600.0, look)
        if not stage.check(name, said == GREEN, said):
            raise DrillRefused(f"Without any fault it is not good already: {said}")
    await stage.prepare("write its verdict", 10.0, lambda: _pronounce(sound))
    said = judged(sound.store, installation)
    if not stage.check("fresh backups are not stale", said == GREEN, said):
        raise DrillRefused(f"Without any fault it is not good already: {said}")
    return sound


async def _pronounce(sound: Sound) -> None:
    """Only what was found good has an age that counts."""
    verdict = Verdict(at=datetime.now(UTC), ok=True, seconds=0.1, checks=(Check("restored", True, "by this drill"),))
    for index in (sound.dump, sound.base):
        write_verdict(sound.store, index, verdict)


async def _write_log(ground: Ground, server: PostgresServer, store: FolderStore, base: Index) -> None:
    async with writing(server.url(), per_second=200, ledger=ground.folder / "acknowledged") as writer:
        for _ in range(4):
            await writer.further(20, seconds=60)
            await _close_segment(server.url())
        async with asyncio.timeout(60):
            while len(closed_segments(store, base.installation, base.system)) < 4:
                await writer.further(20, seconds=60)


async def _close_segment(url: str) -> None:
    connection = await connect(url, application="insitechart-drill")
    try:
        await switch_segment(connection)
    finally:
        await connection.close()


async def _words(look: Callable[[], Awaitable[str]]) -> str:
    try:
        return await look()
    except InsiteChartError as error:
        return f"{type(error).__name__}: {error}"
