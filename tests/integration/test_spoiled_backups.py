"""Verification of logical backups: what is right is always good, and what was spoiled never is, and is said where.

Seeded, so that a run can be repeated.
"""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from lib.backup.catalogue import read_backup, write_index
from lib.backup.keys import BackupKeys
from lib.backup.layout import ARCHIVE, INDEX, MANIFEST, backup_key
from lib.backup.manifest import read_manifest, write_manifest
from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import Store
from lib.backup.verify import verify_dump
from lib.db.pool import open_pool
from lib.domain.backups import Backup, Verdict
from lib.errors import Damaged
from lib.postgres.server import PostgresServer
from tests.support.backups import INSTALLATION, Spoiled, backed_up, flipped, furnish, new_keys, swapped, truncated
from tests.support.databases import fresh_database
from tests.support.trials import trials

CLEAN = trials(20, 3)
HARMS = {"flip": flipped, "truncate": truncated, "swap": swapped}
# the archive is where nearly all bytes are
SEEDS = {ARCHIVE: trials(8, 2), MANIFEST: trials(4, 1), INDEX: trials(3, 1)}
TRIALS = [(harm, name, seed) for harm in sorted(HARMS) for name, seeds in SEEDS.items() for seed in range(seeds)]
NAMED = {ARCHIVE: "archive", MANIFEST: "manifest", INDEX: "index"}


class Kept(NamedTuple):
    """A backup, where it lies, what opens it, and what it is of."""

    store: FolderStore
    keys: BackupKeys
    backup: Backup
    url: str


@pytest.fixture(scope="module")
async def kept(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    """One backup for all trials."""
    async with fresh_database(postgres) as url:
        async with open_pool(url, application="insitechart-test") as pool:
            await furnish(pool, bulk=3_000)
        store, keys = FolderStore(tmp_path_factory.mktemp("store")), new_keys()
        yield Kept(store, keys, await backed_up(url, store, keys), url)


def failed(verdict: Verdict) -> list[str]:
    """What the checks that failed say."""
    return [f"{check.name}: {check.found}" for check in verdict.checks if not check.ok]


def _read(store: Store, backup: str) -> tuple[Backup | None, str]:
    try:
        return read_backup(store, INSTALLATION, "logical", backup), ""
    except Damaged as error:
        return None, str(error)


@pytest.mark.parametrize("_", range(CLEAN))
async def test_what_is_right_is_always_good(kept: Kept, tmp_path: Path, _: int) -> None:
    verdict = await verify_dump(kept.store, kept.keys, kept.backup, folder=tmp_path)
    assert failed(verdict) == []
    assert verdict.ok
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("harm", "name", "seed"), TRIALS)
async def test_what_was_spoiled_is_never_good(kept: Kept, tmp_path: Path, harm: str, name: str, seed: int) -> None:
    key = backup_key(INSTALLATION, "logical", kept.backup.id, name)
    spoiled = Spoiled(kept.store, key, HARMS[harm](random.Random(f"{harm} {name} {seed}")))
    # the same dice again with every reading: a store that is broken is broken in one way
    data = spoiled.get(key)
    assert data != kept.store.get(key)
    store = Spoiled(kept.store, key, lambda _: data)
    backup, said = _read(store, kept.backup.id)
    if backup is None:
        assert name == INDEX
        assert kept.backup.id in said
        return
    verdict = await verify_dump(store, kept.keys, backup, folder=tmp_path)
    assert not verdict.ok
    (said,) = failed(verdict)
    assert NAMED[name] in said
    assert kept.backup.id in said
    assert list(tmp_path.glob("*")) == []


async def test_an_archive_in_the_place_of_another_is_never_good(kept: Kept, tmp_path: Path) -> None:
    other = await backed_up(kept.url, kept.store, kept.keys)
    key = backup_key(INSTALLATION, "logical", kept.backup.id, ARCHIVE)
    instead = kept.store.get(backup_key(INSTALLATION, "logical", other.id, ARCHIVE))
    verdict = await verify_dump(Spoiled(kept.store, key, lambda _: instead), kept.keys, kept.backup, folder=tmp_path)
    assert failed(verdict) == [
        f"archive: the archive of {kept.backup.id} is not what was stored: its SHA-256 is another one."
    ]


async def test_an_archive_that_is_gone_is_never_good(kept: Kept, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    for name in (MANIFEST, INDEX):
        key = backup_key(INSTALLATION, "logical", kept.backup.id, name)
        store.put(key, kept.store.get(key))
    verdict = await verify_dump(store, kept.keys, kept.backup, folder=tmp_path / "scratch")
    (said,) = failed(verdict)
    assert "it has no object" in said
    assert f"{kept.backup.id}/archive" in said


LOSSES = """
DELETE FROM bulk WHERE n = 7;
UPDATE "Odd ""table"" here" SET t = t || '.' WHERE id = 3;
DROP INDEX posts_of_author;
DROP TRIGGER keep_revision ON bars;
ALTER TABLE scores DROP CONSTRAINT scores_label_check;
DROP FUNCTION posts_before;
DROP VIEW calm;
SELECT setval('posts_id_seq', 1);
"""


async def test_what_a_restore_loses_is_named(postgres: PostgresServer, tmp_path: Path) -> None:
    """The archive of a database that has lost something, under the manifest of the database as it was."""
    store, keys = FolderStore(tmp_path / "store"), new_keys()
    async with fresh_database(postgres) as url, open_pool(url, application="insitechart-test") as pool:
        await furnish(pool, bulk=3_000)
        whole = await backed_up(url, store, keys)
        await pool.execute(LOSSES)
        less = await backed_up(url, store, keys)
    forged = msgspec.structs.replace(
        read_manifest(store, keys, whole.index), id="forged", archive=less.index.objects[ARCHIVE]
    )
    archive = store.get(backup_key(INSTALLATION, "logical", less.id, ARCHIVE))
    store.put(backup_key(INSTALLATION, "logical", "forged", ARCHIVE), archive)
    write_index(store, write_manifest(store, forged))

    backup = read_backup(store, INSTALLATION, "logical", "forged")
    verdict = await verify_dump(store, keys, backup, folder=tmp_path / "scratch")
    assert failed(verdict) == [
        'rows: table public."Odd ""table"" here" has its 200 rows, and something in them is different; '
        "table public.bulk has 3,000 rows there and 2,999 here",
        "schema: constraint public.scores.scores_label_check is missing; "
        "function public.posts_before(of_symbol integer, of_scorer smallint, of_source text, "
        "until timestamp with time zone, length interval, periods integer, moment timestamp with time zone) "
        "is missing; "
        "index public.posts_of_author is missing; trigger public.bars.keep_revision is missing; "
        "view public.calm is missing",
        "sequences: sequence public.posts_id_seq stands at 20 there and at 1 here",
    ]
