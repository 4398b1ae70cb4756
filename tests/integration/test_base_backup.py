"""Base backups are good once a clone of them ran, and anything that is not what was copied is noticed and named."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from lib.backup.base.bring import bring, chain_of
from lib.backup.base.verify import verify_base
from lib.backup.catalogue import leftovers, read_backups
from lib.backup.layout import ARCHIVE, MANIFEST, backup_key, backups_prefix, wal_prefix
from lib.backup.pitr.stops import Log, find_stop
from lib.backup.pitr.survey import Survey, recoverable, survey
from lib.backup.pitr.targets import LATEST
from lib.backup.programs import programs_of
from lib.backup.store.folder import FolderStore
from lib.backup.wal.positions import segments_between
from lib.db.pool import connect
from lib.domain.backups import Backup, Check
from lib.errors import Damaged, KeyRefused
from tests.support.archived import Archived, archived, rows_in, sending, until_safe
from tests.support.trials import trials

_TRIALS = trials(66, 24)
_WAYS = ("flip", "cut", "swap", "cut to nothing", "two flips", "zeros")
_COUNT = "SELECT count(*) FROM committed"


class Kept(NamedTuple):
    """A whole base backup, one of what changed since, another whole one, and log behind them."""

    archived: Archived
    whole: Backup
    changed: Backup
    other: Backup
    rows: int


@pytest.fixture(scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    async with archived(tmp_path_factory.mktemp("kept")) as own:
        async with sending(own.service()) as service:
            await own.commit(10)
            other = await own.take()
            await own.commit(10)
            whole = await own.take()
            await own.commit(10)
            changed = await own.take(whole)
            await own.fill()
            rows = await own.commit(10)
            await own.fill()
            rows = await own.commit(10)
            await until_safe(service, await own.now())
        yield Kept(own, whole, changed, other, rows)


async def _smoke(url: str) -> Check:
    connection = await connect(url, application="insitechart-test")
    count = await connection.fetchval(_COUNT)
    await connection.close()
    return Check("rows", ok=True, found=str(count))


async def test_a_whole_one_and_one_of_what_changed_are_good(kept: Kept, tmp_path: Path) -> None:
    own = kept.archived
    for backup, rows in ((kept.whole, "20"), (kept.changed, "30")):
        verdict = await verify_base(
            own.store, own.keys, own.installation, backup, folder=tmp_path / "scratch", smoke=_smoke
        )
        assert verdict.ok, verdict
        assert [check.name for check in verdict.checks] == ["files", "recovery", "start", "rows"]
        assert verdict.checks[-1].found == rows
    assert kept.changed.index.parent == kept.whole.id
    assert kept.changed.index.stored_bytes < kept.whole.index.stored_bytes / 2
    assert not any((tmp_path / "scratch").iterdir())


async def test_the_log_goes_on_behind_what_was_combined(kept: Kept, tmp_path: Path) -> None:
    restored = await kept.archived.restore(LATEST, tmp_path / "restored")
    assert restored.base_id == kept.changed.id
    assert await rows_in(tmp_path / "restored") == kept.rows


async def test_a_backup_that_is_interrupted_is_none(kept: Kept) -> None:
    own = kept.archived
    before = [backup.id for backup in read_backups(own.store, own.installation, "base")]
    taking = asyncio.create_task(own.take())
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert [backup.id for backup in read_backups(own.store, own.installation, "base")] == before


@contextmanager
def _damaged(store: FolderStore, key: str, how: str, other: str, dice: random.Random) -> Iterator[None]:
    file = store.folder / key
    whole = file.read_bytes()
    data = bytearray(whole)
    if how in ("flip", "two flips"):
        for _ in range(1 if how == "flip" else 2):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    elif how == "cut":
        del data[dice.randrange(1, len(data)) :]
    elif how == "cut to nothing":
        data.clear()
    elif how == "zeros":
        at = dice.randrange(len(data))
        length = min(512, len(data) - at)
        data[at : at + length] = bytes(length)
    else:
        data[:] = (store.folder / other).read_bytes()
    assert bytes(data) != whole
    file.write_bytes(data)
    try:
        yield
    finally:
        file.write_bytes(whole)


def _bring(own: Archived, backup: Backup, folder: Path) -> None:
    chain = chain_of(read_backups(own.store, own.installation, "base"), backup)
    bring(own.store, own.keys, chain, folder, programs_of(18))


def _fetch_latest(own: Archived, found: Survey, folder: Path) -> None:
    log = Log(own.store, own.keys, own.installation, found, folder, programs_of(18))
    _, stopping = find_stop(found, log, LATEST)
    stopping()


def _needed(own: Archived, found: Survey) -> dict[str, str]:
    """The keys of the log behind the newest base backup, and the segment of each."""
    size, prefix = found.listing.size, wal_prefix(own.installation, found.system)
    between = segments_between(found.path, found.own_log_end(found.bases[-1]), found.end, size)
    names = {segment.name(size) for segment in between}
    keys = [each.key for each in own.store.objects(prefix)]
    return {key: name for key in keys if (name := key.removeprefix(prefix)[:24]) in names}


@pytest.mark.parametrize("trial", range(0, _TRIALS, 2))
def test_every_corruption_of_a_base_backup_is_noticed_and_located(kept: Kept, trial: int, tmp_path: Path) -> None:
    own, dice = kept.archived, random.Random(20261128 + trial)
    assert isinstance(own.store, FolderStore)
    name = MANIFEST if trial % 6 == 0 else ARCHIVE
    backup = kept.whole if trial % 4 == 0 else kept.changed
    key = backup_key(own.installation, "base", backup.id, name)
    other = backup_key(own.installation, "base", kept.other.id, name)
    how = _WAYS[trial // 2 % len(_WAYS)]
    with _damaged(own.store, key, how, other, dice), pytest.raises(Damaged, match=backup.id):
        _bring(own, backup, tmp_path / "data")


@pytest.mark.parametrize("trial", range(1, _TRIALS, 2))
def test_every_corruption_of_the_log_is_noticed_and_located(kept: Kept, trial: int, tmp_path: Path) -> None:
    own, dice = kept.archived, random.Random(20261128 + trial)
    assert isinstance(own.store, FolderStore)
    found = survey(own.store, own.keys, own.installation)
    needed = _needed(own, found)
    key = dice.choice(sorted(needed))
    other = dice.choice(sorted(each for each in needed if each != key))
    how = _WAYS[trial // 2 % len(_WAYS)]
    with _damaged(own.store, key, how, other, dice), pytest.raises((Damaged, KeyRefused), match=needed[key]):
        _fetch_latest(own, found, tmp_path / "log")


async def test_what_is_damaged_is_never_good_and_names_the_file(kept: Kept, tmp_path: Path) -> None:
    own = kept.archived
    assert isinstance(own.store, FolderStore)
    key = backup_key(own.installation, "base", kept.whole.id, ARCHIVE)
    other = backup_key(own.installation, "base", kept.other.id, ARCHIVE)
    with _damaged(own.store, key, "swap", other, random.Random(1)):
        verdict = await verify_base(own.store, own.keys, own.installation, kept.whole, folder=tmp_path, smoke=_smoke)
    assert not verdict.ok
    assert kept.whole.id in verdict.checks[-1].found
    assert not any(tmp_path.iterdir())


def test_the_window_is_told(kept: Kept) -> None:
    own = kept.archived
    window = recoverable(own.store, own.keys, own.installation)
    assert window.earliest == kept.other.index.finished_at
    assert window.latest is not None
    assert window.broken == ""
    assert not leftovers(own.store, own.installation, "base", kept.whole.index.begun_at)
    assert backups_prefix(own.installation, "base")
