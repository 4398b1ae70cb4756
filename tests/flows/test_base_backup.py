"""Base backups and the look at the archive, as Prefect runs them."""

from pathlib import Path

import pytest

from flows.archive_wal import archive_wal
from flows.base_backup import base_backup
from lib.backup.catalogue import read_backups
from lib.backup.store.folder import FolderStore
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import backups_of
from lib.errors import NotRestorable


@pytest.mark.usefixtures("installation")
async def test_a_base_backup_is_taken_proven_and_written_down(pool: Pool, tmp_path: Path) -> None:
    done = await base_backup("incremental")
    store = FolderStore(tmp_path / "backups")
    (found,) = read_backups(store, await installation_id(pool), "base")
    assert (found.id, found.state, found.index.parent) == (done["id"], "good", None)
    assert [check.name for check in found.verdicts[-1].checks] == ["files", "recovery", "start", "answers"]
    (row,) = await backups_of(pool, kind="base")
    assert (row.id, row.state) == (found.id, "good")
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.usefixtures("installation")
async def test_a_service_that_never_told_anything_is_told_of(pool: Pool) -> None:
    with pytest.raises(NotRestorable, match="is it running"):
        await archive_wal()
