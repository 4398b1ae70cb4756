"""The whole site lost and built again from the store and the key alone, beside an installation with a good backup."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.backup.catalogue import read_backup, write_verdict
from lib.backup.dump import take_dump
from lib.backup.keys import load_backup_keys, new_identity, write_backup_keys
from lib.backup.store.folder import FolderStore
from lib.backup.verify import verify_dump
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.errors import KeyRefused
from lib.recovery.rehearse import rehearse
from lib.settings import Settings


@pytest.fixture
async def protected(database_url: str, pool: Pool, tmp_path: Path) -> Settings:
    """An installation with a good backup, whose key is kept elsewhere, too."""
    settings = Settings.model_validate(
        {"home": tmp_path / "home", "database_url": database_url, "backup_escrow_file": tmp_path / "elsewhere" / "keys"}
    )
    keys, store = load_backup_keys(settings), FolderStore(settings.home / "backups")
    write_backup_keys(tmp_path / "elsewhere" / "keys", [str(identity) for identity in keys.identities])
    of = await installation_id(pool)
    index = await take_dump(database_url, store, keys, installation=of, now=datetime.now(UTC))
    backup = read_backup(store, of, "logical", index.id)
    write_verdict(store, index, await verify_dump(store, keys, backup, folder=tmp_path / "scratch"))
    return settings


@pytest.mark.timeout(900)
async def test_a_new_site_answers_the_same_bytes(protected: Settings) -> None:
    store = FolderStore(protected.home / "backups")
    before = {found.key: store.get(found.key) for found in store.objects()}

    (done,) = await rehearse("infrastructure", protected, store, load_backup_keys(protected))

    assert done.card.passed, done.report
    assert done.warnings == ()
    checks = {check.name: check for check in done.card.checks}
    assert all(check.ok for check in checks.values())
    assert {"a backup in use can be opened and restored", "people can sign in", "nobody was logged out"} <= set(checks)
    assert "the API answers the same bytes" in checks
    # the floor that was promised; the aim is two minutes
    assert done.card.rto_s < 600
    assert {found.key: store.get(found.key) for found in store.objects()} == before
    assert list((protected.home / "drills").iterdir()) == []


@pytest.mark.timeout(300)
async def test_a_wrong_copy_of_the_key_is_found_by_the_drill(protected: Settings) -> None:
    assert protected.backup_escrow_file is not None
    write_backup_keys(protected.backup_escrow_file, [new_identity()])
    store = FolderStore(protected.home / "backups")
    with pytest.raises(KeyRefused):
        await rehearse("infrastructure", protected, store, load_backup_keys(protected))
    assert list((protected.home / "drills").iterdir()) == []
