"""Base backups and log in a bucket: the whole way back, and a copy whose program is killed, which is none."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lib.backup.catalogue import read_backups
from lib.backup.pitr.targets import LATEST
from lib.backup.store.objects import Store, Upload
from lib.backup.store.s3 import S3Store
from lib.errors import BackupFailed
from tests.support.archived import Archived, archived, rows_in, sending, until_safe
from tests.support.s3 import new_bucket, s3_client


@pytest.fixture
async def own(s3_url: str, tmp_path: Path) -> AsyncIterator[Archived]:
    client = s3_client(s3_url)
    store = S3Store(client, new_bucket(client, f"base-{tmp_path.name.replace('_', '-')}"[:60].rstrip("-")), "site")
    async with archived(tmp_path / "own", store) as found:
        yield found


class _Deadly:
    """A store during whose uploads the program dies that is copied from; else the store that it stands before."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    @contextmanager
    def begin(self, key: str) -> Iterator[object]:
        with self._store.begin(key) as upload:
            yield _Killing(upload)


class _Killing:
    """An upload during whose first piece the program that is copied from is killed."""

    def __init__(self, upload: Upload) -> None:
        self._upload, self._done = upload, False

    def write(self, data: bytes) -> None:
        self._upload.write(data)
        if not self._done:
            self._done = True
            for child in psutil.Process().children():
                if child.name() == "pg_basebackup":
                    child.kill()

    def commit(self) -> None:
        self._upload.commit()


async def test_the_whole_way_back_from_a_bucket(own: Archived, tmp_path: Path) -> None:
    async with sending(own.service()) as service:
        await own.commit(5)
        whole = await own.take()
        await own.commit(5)
        changed = await own.take(whole)
        await own.fill()
        rows = await own.commit(5)
        await until_safe(service, await own.now())
    restored = await own.restore(LATEST, tmp_path / "restored")
    assert restored.base_id == changed.id
    assert await rows_in(tmp_path / "restored") == rows == 15
    assert list(own.store.unfinished()) == []


async def test_a_copy_whose_program_is_killed_is_none_and_the_next_is_whole(own: Archived) -> None:
    broken = own._replace(store=_Deadly(own.store))
    with pytest.raises(BackupFailed, match="pg_basebackup"):
        await broken.take()
    assert read_backups(own.store, own.installation, "base") == []
    assert list(own.store.objects()) == []
    assert list(own.store.unfinished()) == []
    after = await own.take()
    assert [backup.id for backup in read_backups(own.store, own.installation, "base")] == [after.id]
