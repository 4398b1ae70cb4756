"""What a site needs beside its database: kept sealed, brought back to the byte, and refused where it is not that."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from lib.backup.keys import BackupKeys, new_identity, parse_backup_keys
from lib.backup.layout import site_key
from lib.backup.site import restore_prefect, restore_site, sites, take_site
from lib.backup.store.folder import FolderStore
from lib.db.databases import create_database
from lib.db.pool import connect
from lib.errors import BackupFailed, Damaged, KeyRefused, NotRestorable
from lib.keyring.files import read_or_make
from lib.postgres.server import PostgresServer
from lib.settings import Settings
from tests.support.databases import fresh_database

NOW = datetime(2026, 11, 28, 4, 5, 6, tzinfo=UTC)
OF = "0123456789abcdef"

CONFIG = """\
scorer = "finance@1"
backup_keys = "AGE-SECRET-KEY-1TOP"

[backup]
store = "s3://bucket/prefix"
keys = "AGE-SECRET-KEY-1TABLE"
"""


@pytest.fixture
def keys() -> BackupKeys:
    return parse_backup_keys(new_identity(), place="test")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home folder with secret keys, a settings file and Prefect's SQLite file, to which somebody is writing."""
    home = tmp_path / "home"
    (home / "prefect").mkdir(parents=True)
    read_or_make(home / "secrets" / "keys")
    (tmp_path / "insitechart.toml").write_text(CONFIG)
    monkeypatch.setenv("INSITECHART_CONFIG", str(tmp_path / "insitechart.toml"))
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as prefect:
        prefect.execute("PRAGMA journal_mode = wal")
        prefect.execute("CREATE TABLE flow (name text)")
        prefect.execute("INSERT INTO flow VALUES ('backup')")
        # committed, and still in its log alone
        prefect.commit()
        yield Settings.model_construct(home=home, secret_keys=None, secret_keys_file=None, prefect_database_url=None)


def test_a_site_comes_back_to_the_byte(site: Settings, store: FolderStore, keys: BackupKeys, tmp_path: Path) -> None:
    index = take_site(site, store, keys, OF, NOW)
    assert set(index.objects) == {"secrets", "settings", "prefect"}

    found = restore_site(store, keys, OF, tmp_path / "new")

    assert found.secrets == tmp_path / "new" / "secrets" / "keys"
    assert found.secrets.read_bytes() == (site.home / "secrets" / "keys").read_bytes()
    assert found.secrets.stat().st_mode & 0o777 == 0o600
    assert found.prefect is not None
    with closing(sqlite3.connect(found.prefect)) as prefect:
        assert prefect.execute("SELECT name FROM flow").fetchall() == [("backup",)]


def test_the_keys_of_backups_stay_out_of_backups(
    site: Settings, store: FolderStore, keys: BackupKeys, tmp_path: Path
) -> None:
    take_site(site, store, keys, OF, NOW)
    settings = restore_site(store, keys, OF, tmp_path / "new").settings
    assert settings is not None
    text = settings.read_text()
    assert "AGE-SECRET-KEY" not in text
    assert 's3://bucket/prefix"' in text
    assert 'scorer = "finance@1"' in text


def test_a_file_whose_keys_cannot_be_left_out_is_refused(
    site: Settings, store: FolderStore, keys: BackupKeys, tmp_path: Path
) -> None:
    (tmp_path / "insitechart.toml").write_text('backup_keys = """\nAGE-SECRET-KEY-1X\n"""\n')
    with pytest.raises(BackupFailed, match="cannot be left out"):
        take_site(site, store, keys, OF, NOW)
    assert sites(store, OF) == []


def test_the_newest_or_the_one_that_was_asked_for(
    site: Settings, store: FolderStore, keys: BackupKeys, tmp_path: Path
) -> None:
    first = take_site(site, store, keys, OF, NOW)
    second = take_site(site, store, keys, OF, NOW + timedelta(days=1))
    assert restore_site(store, keys, OF, tmp_path / "a").id == second.id
    assert restore_site(store, keys, OF, tmp_path / "b", id=first.id).id == first.id
    with pytest.raises(NotRestorable, match="keeps no site"):
        restore_site(store, keys, OF, tmp_path / "c", id="20200101T000000Z-aa")
    with pytest.raises(NotRestorable, match="keeps no site"):
        restore_site(store, keys, "fedcba9876543210", tmp_path / "c")


def test_nothing_that_is_there_is_replaced(
    site: Settings, store: FolderStore, keys: BackupKeys, tmp_path: Path
) -> None:
    take_site(site, store, keys, OF, NOW)
    there = tmp_path / "new" / "secrets" / "keys"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(NotRestorable, match="is not replaced"):
        restore_site(store, keys, OF, tmp_path / "new")
    assert there.read_text() == "mine"
    assert not (tmp_path / "new" / "prefect").exists()


def test_another_key_and_damage_are_told_apart(
    site: Settings, store: FolderStore, keys: BackupKeys, tmp_path: Path
) -> None:
    index = take_site(site, store, keys, OF, NOW)
    with pytest.raises(KeyRefused):
        restore_site(store, parse_backup_keys(new_identity(), place="other"), OF, tmp_path / "a")
    key = site_key(OF, index.id, "prefect")
    data = bytearray(store.get(key))
    data[len(data) // 2] ^= 1
    store.replace(key, bytes(data))
    with pytest.raises(Damaged, match="prefect"):
        restore_site(store, keys, OF, tmp_path / "b")
    assert not (tmp_path / "b" / "prefect" / "prefect.db").exists()


def test_what_lacks_its_index_is_no_site(site: Settings, store: FolderStore, keys: BackupKeys) -> None:
    index = take_site(site, store, keys, OF, NOW)
    store.delete([site_key(OF, index.id, "index.json")])
    assert sites(store, OF) == []


async def test_prefects_postgresql_is_dumped_and_put_back(
    site: Settings, store: FolderStore, keys: BackupKeys, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with fresh_database(postgres) as url:
        connection = await connect(url, application="insitechart-test")
        await connection.execute("CREATE TABLE flow (name text); INSERT INTO flow VALUES ('backup')")
        await connection.close()
        address = url.replace("postgresql://", "postgresql+asyncpg://")
        with_server = site.model_copy(update={"prefect_database_url": SecretStr(address)})
        index = take_site(with_server, store, keys, OF, NOW)
    assert index.prefect == "postgresql"
    found = restore_site(store, keys, OF, tmp_path / "new")
    assert found.engine == "postgresql"
    assert found.prefect is not None
    await create_database(postgres.url("postgres"), "prefect_again")
    restore_prefect(found.prefect, postgres.url("prefect_again"))
    connection = await connect(postgres.url("prefect_again"), application="insitechart-test")
    assert await connection.fetchval("SELECT name FROM flow") == "backup"
    await connection.close()
