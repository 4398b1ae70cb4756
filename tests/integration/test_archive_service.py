"""The log reaches the store while it is written, whatever happens to the service, the receiver and the store."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from lib.backup.layout import segment_key
from lib.backup.pitr.targets import LATEST
from lib.backup.sealing import seal_bytes
from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import ObjectInfo, Store, Unfinished, Upload
from lib.backup.wal.listing import read_head, read_listing
from lib.backup.wal.service import ArchiveService
from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.db.pool import connect, open_pool
from lib.db.recovery.replication import drop_slot, read_slot, switch_segment
from lib.db.recovery.wal import wal_standings
from lib.errors import PlatformError, StoreError
from lib.postgres.server import running_server
from lib.settings import Settings
from tests.support.archived import Archived, archived, rows_in, sending, standing_of, until, until_safe, until_sent


class Fragile:
    """A store that can be away."""

    def __init__(self, store: Store) -> None:
        self._store, self.is_away = store, False

    @property
    def place(self) -> str:
        return self._store.place

    def _there(self) -> Store:
        if self.is_away:
            raise StoreError(self.place, "it does not answer")
        return self._store

    def put(self, key: str, data: bytes) -> None:
        self._there().put(key, data)

    def replace(self, key: str, data: bytes) -> None:
        self._there().replace(key, data)

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        return self._there().begin(key, metadata=metadata)

    def get(self, key: str) -> bytes:
        return self._there().get(key)

    def read(self, key: str) -> Iterator[bytes]:
        return self._there().read(key)

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        return self._there().objects(prefix)

    def delete(self, keys: Iterable[str]) -> int:
        return self._there().delete(keys)

    def unfinished(self) -> Iterator[Unfinished]:
        return self._there().unfinished()

    def abort(self, upload: Unfinished) -> None:
        self._there().abort(upload)


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Archived]:
    async with archived(tmp_path, Fragile(FolderStore(tmp_path / "store"))) as made:
        yield made


def receivers(own: Archived) -> list[psutil.Process]:
    """The pg_receivewal of this platform."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        words = process.info["cmdline"] or []
        if process.info["name"] == "pg_receivewal" and any(str(own.home) in word for word in words):
            found.append(process)
    return found


async def settled(own: Archived, service: ArchiveService) -> None:
    """Everything that is committed now is in the store."""
    await until_sent(service, await own.place())
    await until_safe(service, await own.now())


async def test_a_database_without_tables_is_waited_for(own: Archived) -> None:
    """On a cluster everything starts at once, and the tables come last."""
    await create_database(own.server.url("postgres"), "later")
    service = ArchiveService(Settings(home=own.home, wal_every_ms=100), own.server.url("later"), own.store, own.keys)
    stop = asyncio.Event()
    running = asyncio.create_task(service.run(stop))
    try:
        done, _ = await asyncio.wait([running], timeout=1)
        assert not done, running.exception()
        await migrate(own.server.url("later"))
        await until(lambda: service.standing is not None and service.standing.state != "stopped")
    finally:
        stop.set()
        await running


async def test_closed_segments_and_the_growing_one_are_sent_and_pieces_go_with_their_segment(own: Archived) -> None:
    async with sending(own.service()) as service:
        await own.commit(3)
        await settled(own, service)
        await switch_segment(own.db)
        await own.commit(3)
        await settled(own, service)
        system = standing_of(service).system
        listing = read_listing(own.store, own.installation, system)
        closed = sorted(listing.closed)
        assert closed
        assert not set(closed) & set(listing.growing)
        assert list(listing.growing) == [f"{int(closed[-1], 16) + 1:024X}"]
        # what is sent does not stay here
        assert [file.suffix for file in (own.home / "wal" / system).iterdir()] == [".partial"]
    async with open_pool(own.server.url(), application="insitechart-test") as pool:
        (row,) = await wal_standings(pool)
    assert (row.state, row.system) == ("stopped", system)
    head = read_head(own.store, own.installation, system)
    assert head is not None
    assert head.safe_until == service.progress.safe_until
    assert not receivers(own)


async def test_a_receiver_that_is_killed_is_started_again_and_nothing_is_lost(own: Archived, tmp_path: Path) -> None:
    async with sending(own.service()) as service:
        await own.take()
        await own.commit(5)
        await until(lambda: len(receivers(own)) == 1)
        (former,) = receivers(own)
        former.send_signal(signal.SIGKILL)
        await own.fill()
        await own.commit(5)
        await settled(own, service)
        assert [each.pid for each in receivers(own)] != [former.pid]
    await own.restore(LATEST, tmp_path / "restored")
    assert await rows_in(tmp_path / "restored") == 10


async def test_a_store_that_is_away_is_caught_up_with(own: Archived, tmp_path: Path) -> None:
    assert isinstance(own.store, Fragile)
    async with sending(own.service()) as service:
        await own.take()
        await own.commit(5)
        await settled(own, service)
        own.store.is_away = True
        await until(lambda: service.progress.store_trouble != "")
        await own.fill()
        await own.commit(5)
        await switch_segment(own.db)
        await own.commit(5)
        own.store.is_away = False
        await settled(own, service)
        assert service.progress.store_trouble == ""
    await own.restore(LATEST, tmp_path / "restored")
    assert await rows_in(tmp_path / "restored") == 15


async def test_a_service_that_starts_anew_goes_on_where_the_store_is(own: Archived, tmp_path: Path) -> None:
    async with sending(own.service()) as service:
        await own.take()
        await own.commit(5)
        await settled(own, service)
    await own.commit(5)
    await own.fill()
    await own.commit(5)
    async with sending(own.service()) as service:
        await settled(own, service)
        assert service.progress.lost == ""
    # nothing local is needed for that either
    for file in (own.home / "wal" / standing_of(service).system).iterdir():
        file.unlink()
    await own.commit(5)
    async with sending(own.service()) as service:
        await settled(own, service)
    await own.restore(LATEST, tmp_path / "restored")
    assert await rows_in(tmp_path / "restored") == 20


async def test_a_slot_that_was_lost_is_told_until_there_is_a_new_base_backup(own: Archived, tmp_path: Path) -> None:
    async with sending(own.service()) as service:
        await own.take()
        await own.commit(5)
        await settled(own, service)
    await drop_slot(own.db, "insitechart_archive")
    for file in (own.home / "wal" / standing_of(service).system).iterdir():
        file.unlink()
    await own.fill()
    await own.db.execute("CHECKPOINT")
    await own.fill()
    await own.db.execute("CHECKPOINT")
    await own.commit(5)
    service = own.service()
    async with sending(service):
        await settled(own, service)
        await until(lambda: service.standing is not None and service.standing.state == "broken")
        assert standing_of(service).note.endswith("a new one is wanted.")
        assert await read_slot(own.db, "insitechart_archive") is not None
        await own.take()
        await own.commit(5)
        await settled(own, service)
    await own.restore(LATEST, tmp_path / "restored")
    assert await rows_in(tmp_path / "restored") == 15


async def test_what_the_store_has_under_that_name_is_never_replaced(own: Archived) -> None:
    async with sending(own.service()) as service:
        await own.commit(1)
        await settled(own, service)
        system = standing_of(service).system
        growing = next(iter(read_listing(own.store, own.installation, system).growing))
        foreign = seal_bytes(b"another past", own.keys.recipients)
        own.store.put(segment_key(own.installation, system, growing), foreign)
        await switch_segment(own.db)
        await own.commit(1)
        await until(lambda: service.progress.conflict != "")
    assert own.store.get(segment_key(own.installation, system, growing)) == foreign
    assert (own.home / "wal" / system / growing).exists()


async def test_two_services_do_not_send_from_one_folder(own: Archived) -> None:
    async with sending(own.service()) as service:
        await own.commit(1)
        await settled(own, service)
        with pytest.raises(PlatformError, match="Another service"):
            await own.service().run(asyncio.Event())


async def test_the_log_of_a_restored_database_follows_on_its_own_timeline(own: Archived, tmp_path: Path) -> None:
    async with sending(own.service()) as service:
        await own.take()
        await own.commit(5)
        await settled(own, service)
        system = standing_of(service).system
    await own.restore(LATEST, tmp_path / "again")
    # the platform starts on it, with the local log of the one before still there
    async with running_server(tmp_path / "again", options={"fsync": "off"}) as server:
        connection = await connect(server.url(), application="insitechart-test")
        second = own._replace(server=server, db=connection)
        async with sending(second.service()) as service:
            await second.commit(5)
            await settled(second, service)
            await until(lambda: service.progress.newest_base is not None)
            assert standing_of(service).state != "broken"
        await connection.close()
    listing = read_listing(own.store, own.installation, system)
    assert listing.histories == (2,)
    assert listing.newest_timeline() == 2
    restored = await own.restore(LATEST, tmp_path / "third")
    assert restored.timeline == 3
    assert await rows_in(tmp_path / "third") == 10


async def test_a_service_that_is_killed_takes_its_receiver_with_it(own: Archived, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from lib.backup.keys import new_identity, parse_backup_keys\n"
        "from lib.backup.store.folder import FolderStore\n"
        "from lib.backup.wal.service import ArchiveService\n"
        "from lib.settings import Settings\n"
        "keys = parse_backup_keys(new_identity(), place='a test')\n"
        "service = ArchiveService(Settings(home=Path(sys.argv[1])), sys.stdin.readline().strip(),"
        " FolderStore(Path(sys.argv[2])), keys)\n"
        "asyncio.run(service.run(asyncio.Event()))\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(own.home), str(tmp_path / "other"), stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(f"{own.server.url()}\n".encode())
    await process.stdin.drain()
    await until(lambda: len(receivers(own)) == 1)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    await until(lambda: not receivers(own))


async def test_without_the_right_to_replicate_it_says_so_and_stays_quiet(own: Archived) -> None:
    await own.db.execute("CREATE ROLE reader LOGIN PASSWORD 'readers'")
    await own.db.execute("GRANT SELECT ON installation TO reader; GRANT ALL ON wal_archive TO reader")
    url = own.server.url().replace(own.server.url().split("//")[1].split("@")[0], "reader:readers")
    service = own._replace(server=_At(url)).service()  # type: ignore[arg-type]
    async with sending(service):
        await until(lambda: service.standing is not None)
        assert standing_of(service).state == "stopped"
        assert "no right to replicate" in standing_of(service).note
    assert not list(own.store.objects())


class _At:
    def __init__(self, url: str) -> None:
        self._url = url

    def url(self) -> str:
        return self._url
