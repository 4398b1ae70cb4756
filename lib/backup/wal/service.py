"""Keeps the store a second behind the database: pg_receivewal through a slot, and what it wrote sent on at once.

It does not know how it is supervised, nor take base backups.

Two loops: one keeps the receiver going and asks the server how far its log is, the other sends. Neither waits for the
other, so a store that does not answer costs nothing but time: the log waits in a local folder, of bounded size, then
in the server's own, which is bounded, too.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from lib.backup.catalogue import read_backups
from lib.backup.keys import BackupKeys
from lib.backup.programs import programs_of
from lib.backup.store.objects import Store
from lib.backup.wal.listing import read_head, write_head
from lib.backup.wal.local import bytes_waiting, put_aside
from lib.backup.wal.positions import parse_lsn
from lib.backup.wal.progress import Progress
from lib.backup.wal.receiver import Ended, Receiver
from lib.backup.wal.shipping import Shipper
from lib.db.installation import installation_id
from lib.db.pool import Connection, connect
from lib.db.reading import database_errors
from lib.db.recovery.replication import Server, Slot, drop_slot, make_slot, read_server, read_slot, sample
from lib.db.recovery.wal import WalStanding, write_standing
from lib.errors import DatabaseError, InsiteChartError, ObjectExists, PlatformError, RecoveryError
from lib.logs import get_logger
from lib.settings import Settings

log = get_logger(__name__)

_HEAD_EVERY_S = 5.0
_ROW_EVERY_S = 10.0
_BASES_EVERY_S = 30.0
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 5.0
_MIB = 1024 * 1024


class ArchiveService:
    """`run` until told to stop, from the main thread. `standing` and `progress` are how it stands, for whoever asks."""

    def __init__(self, settings: Settings, url: str, store: Store, keys: BackupKeys) -> None:
        self._settings, self._url, self._store, self._keys = settings, url, store, keys
        self._every_s = settings.wal_every_ms / 1000
        self.progress = Progress(settings.wal_slot, settings.wal_keep_mib, store.place)
        self._installation = ""
        self.standing: WalStanding | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Sends the log until `stop`. Raises PlatformError where another service uses the same folder."""
        folder = self._settings.home / "wal"
        _make(folder)
        with _only_one(folder):
            while (found := await self._connected(stop)) is not None:
                connection, server = found
                try:
                    reason = _unable(server)
                    if reason:
                        log.warning("the log is not sent", reason=reason)
                        await self._tell(connection, server, None, stopped=reason)
                        await stop.wait()
                    else:
                        await self._archive(connection, server, folder / server.system, stop)
                except DatabaseError as error:
                    log.warning("the database cannot be asked", error=str(error))
                else:
                    return
                finally:
                    with suppress(Exception):
                        await connection.close(timeout=2)

    async def _archive(self, connection: Connection, server: Server, folder: Path, stop: asyncio.Event) -> None:
        _make(folder)
        receiver = Receiver(self._url, self._settings.wal_slot, folder, programs_of(server.major))
        shipper = Shipper(self._store, self._keys, self._installation, server.system, server.segment_bytes, folder)
        self.progress.note(await sample(connection), None, server)
        done = asyncio.Event()
        sending = asyncio.create_task(self._send(shipper, server, done))
        try:
            await self._watch(connection, server, receiver, shipper, folder, stop, sending)
        finally:
            await receiver.stop()
            done.set()
            await sending
        await self._tell(connection, server, shipper, stopped="The service was stopped.")

    async def _watch(
        self,
        connection: Connection,
        server: Server,
        receiver: Receiver,
        shipper: Shipper,
        folder: Path,
        stop: asyncio.Event,
        sending: "asyncio.Task[None]",
    ) -> None:
        """Keeps the receiver going, and asks how far the server is. Raises DatabaseError where it cannot be asked."""
        loop = asyncio.get_running_loop()
        tell_at = start_at = 0.0
        while not stop.is_set():
            if sending.done():
                sending.result()
            slot = await read_slot(connection, self._settings.wal_slot)
            if slot is None or slot.wal_status == "lost":
                await receiver.stop()
                await self._make_slot(connection, slot)
                slot = await read_slot(connection, self._settings.wal_slot)
            self.progress.note(await sample(connection), slot, server)
            is_full = bytes_waiting(folder, server.segment_bytes) > self._settings.wal_keep_mib * _MIB
            if receiver.is_running() and is_full:
                # it lies on the disk of the database: the server's own bound is the better one to run into
                await receiver.stop()
                self.progress.receiver_trouble = f"{folder} is as full as it may be; it waits for the store"
            elif not receiver.is_running() and not is_full and loop.time() >= start_at:
                start_at = loop.time() + _PAUSE_S
                self._start(receiver, folder)
            if loop.time() >= tell_at:
                tell_at = loop.time() + _ROW_EVERY_S
                await self._tell(connection, server, shipper)
            await _wait(stop, self._every_s)

    async def _send(self, shipper: Shipper, server: Server, done: asyncio.Event) -> None:
        """Sends what is new until `done`, and once more then."""
        loop = asyncio.get_running_loop()
        is_open, head_at, bases_at, pause = False, 0.0, 0.0, self._every_s
        progress = self.progress
        while True:
            is_last = done.is_set()
            try:
                if not is_open:
                    await self._open(shipper, server)
                    is_open = True
                moved = await asyncio.to_thread(shipper.ship, progress.received)
                progress.sent(shipper.end)
                if shipper.end is not None and (moved or is_last or loop.time() >= head_at):
                    head_at = loop.time() + _HEAD_EVERY_S
                    head = progress.head(shipper, server)
                    await asyncio.to_thread(write_head, self._store, self._installation, head)
                if loop.time() >= bases_at:
                    bases_at = loop.time() + _BASES_EVERY_S
                    await self._look_for_bases(server)
                progress.store_trouble, pause = "", self._every_s
            except ObjectExists as error:
                if not progress.conflict:
                    log.error("the store has something else", key=error.key)  # noqa: TRY400
                progress.conflict, pause = str(error), _LONGEST_PAUSE_S
            except (RecoveryError, OSError) as error:
                if not progress.store_trouble:
                    log.warning("the log cannot be sent", error=str(error))
                progress.store_trouble, pause = str(error), min(pause * 2, _LONGEST_PAUSE_S)
            if is_last:
                return
            await _wait(done, pause)

    async def _open(self, shipper: Shipper, server: Server) -> None:
        await asyncio.to_thread(shipper.open, self.progress.timeline)
        before = await asyncio.to_thread(read_head, self._store, self._installation, server.system)
        if before is not None and self.progress.safe_until is None:
            self.progress.safe_until = before.safe_until

    def _start(self, receiver: Receiver, folder: Path) -> None:
        if receiver.was_started:
            why, words = receiver.why()
            self.progress.receiver_trouble = words
            log.warning("the receiver ended and is started again", words=words)
            if why is Ended.ELSEWHERE:
                aside = put_aside(folder, datetime.now(UTC))
                log.warning("the local log is of another past and was put aside", folder=str(aside))
            elif why is Ended.LOST:
                self.progress.lost = "The server had to let go of log that was not sent yet"
        receiver.start()

    async def _make_slot(self, connection: Connection, former: Slot | None) -> None:
        if former is not None:
            self.progress.lost = "The server had to let go of log that was not sent yet"
            log.error("the slot has lost log", slot=self._settings.wal_slot)
            await drop_slot(connection, self._settings.wal_slot)
        await make_slot(connection, self._settings.wal_slot)

    async def _look_for_bases(self, server: Server) -> None:
        found = await asyncio.to_thread(read_backups, self._store, self._installation, "base")
        ours = (each.index for each in found if each.index.system == server.system and each.state != "bad")
        self.progress.newest_base = max((parse_lsn(index.start_lsn) for index in ours), default=None)

    async def _tell(
        self, connection: Connection, server: Server, shipper: Shipper | None, *, stopped: str | None = None
    ) -> None:
        self.standing = self.progress.standing(server, shipper, stopped=stopped)
        with suppress(InsiteChartError), database_errors():
            await write_standing(connection, self.standing)

    async def _connected(self, stop: asyncio.Event) -> tuple[Connection, Server] | None:
        """A connection to a server that is no standby; None if told to stop before."""
        said = ""
        while not stop.is_set():
            try:
                connection = await connect(self._url, application="insitechart-archive", statement_timeout_s=30)
                try:
                    server = await read_server(connection)
                    with database_errors():
                        self._installation = await installation_id(connection)
                except BaseException:
                    connection.terminate()
                    raise
                if not server.is_standby:
                    return connection, server
                await connection.close(timeout=2)
            except (DatabaseError, OSError) as error:
                if str(error) != said:
                    said = str(error)
                    log.warning("waiting for the database", error=said)
            await _wait(stop, _PAUSE_S)
        return None


def _unable(server: Server) -> str:
    if not server.may_replicate:
        return (
            "The database's user has no right to replicate, so there is no restore to a moment, only logical backups. "
            "To change that: ALTER ROLE … REPLICATION, and a line for `replication` in pg_hba.conf."
        )
    if server.wal_level == "minimal":
        return "The server's wal_level is minimal: set wal_level = replica and restart it."
    return ""


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlatformError(
                f"Another service sends the log from {folder}.", hint="One is enough; it belongs to `insitechart up`."
            ) from None
        yield
    finally:
        os.close(handle)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
