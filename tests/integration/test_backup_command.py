"""`insitechart backup`, as a person types it: taken, proven, listed, found bad, tried with keys, and pruned."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deployments.cli.backup import backup
from lib.backup.catalogue import write_index, write_verdict
from lib.backup.keys import new_identity, write_backup_keys
from lib.backup.layout import backup_key
from lib.backup.store.folder import FolderStore
from lib.db.installation import installation_id
from lib.db.pool import open_pool
from lib.db.recovery.backups import BackupRow, backups_of
from lib.domain.backups import Index
from lib.errors import InsiteChartError
from lib.settings import load_settings
from tests.support.recovery import backup_of

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class Terminal:
    """Somebody who types commands for one installation."""

    def __init__(self, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.set("HOME", str(home))
        self.set("CONFIG", os.devnull)
        self.set("DATABASE_URL", database_url)
        monkeypatch.setenv("COLUMNS", "220")

    def set(self, name: str, value: str) -> None:
        """Exports a setting."""
        self._monkeypatch.setenv(f"INSITECHART_{name}", value)

    def told(self, *arguments: str, stdin: str = "") -> str:
        """What a command says that does what it is for."""
        done = self._type(arguments, stdin)
        assert done.exception is None, done.output
        return done.output

    def refused(self, *arguments: str) -> str:
        """What a command says that does not."""
        done = self._type(arguments, "")
        assert isinstance(done.exception, InsiteChartError), done.output
        return f"{done.output}{done.exception} {done.exception.hint}"

    def _type(self, arguments: tuple[str, ...], stdin: str) -> Result:
        load_settings.cache_clear()
        return CliRunner().invoke(backup, arguments, input=stdin)


@pytest.fixture
def terminal(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    yield Terminal(tmp_path, database_url, monkeypatch)
    load_settings.cache_clear()


def rows_of(database_url: str) -> list[BackupRow]:
    """What is written down of backups, the newest first."""

    async def read() -> list[BackupRow]:
        async with open_pool(database_url, application="insitechart-test", max_size=1) as pool:
            return await backups_of(pool)

    return asyncio.run(read())


def installation_of(database_url: str) -> str:
    """How the store calls the installation."""

    async def read() -> str:
        async with open_pool(database_url, application="insitechart-test", max_size=1) as pool:
            return await installation_id(pool)

    return asyncio.run(read())


def test_a_backup_is_taken_proven_listed_and_found_bad_once_it_is(
    terminal: Terminal, database_url: str, tmp_path: Path
) -> None:
    assert "has no backups" in terminal.told("list")
    said = terminal.told("take")
    [found] = json.loads(terminal.told("list", "--json"))
    assert (found["kind"], found["state"], found["wrong"]) == ("logical", "good", "")
    assert f"{found['id']} is good: restored and compared in" in said
    assert re.search(rf"{found['id']} +logical +good", terminal.told("list"))
    [row] = rows_of(database_url)
    assert (row.id, row.state) == (found["id"], "good")
    archive = tmp_path / "backups" / backup_key(installation_of(database_url), "logical", found["id"], "archive")
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    archive.write_bytes(damaged)
    said = terminal.refused("verify", found["id"])
    assert "is not good" in said
    assert "damaged" in said
    [row] = rows_of(database_url)
    assert row.state == "bad"
    assert "no backup 'x'" in terminal.refused("verify", "x")
    # the store alone tells it, too
    terminal.set("DATABASE_URL", NOWHERE)
    assert re.search(rf"{found['id']} +logical +bad", terminal.told("list"))


def test_a_base_backup_that_is_not_verified_says_how(terminal: Terminal, database_url: str) -> None:
    said = terminal.told("take", "--base", "--no-verify")
    [row] = rows_of(database_url)
    assert (row.kind, row.state) == ("base", "taken")
    assert f"insitechart backup verify {row.id}" in said


def test_keys_are_shown_by_halves_and_tried(terminal: Terminal, tmp_path: Path) -> None:
    file, escrow = tmp_path / "secrets" / "backup-keys", tmp_path / "escrow"
    assert "There are no keys" in terminal.refused("key", "show")
    assert not file.exists()
    terminal.told("take", "--no-verify")
    secret = next(line for line in file.read_text().splitlines() if line.startswith("AGE-SECRET-KEY-"))
    shown = terminal.told("key", "show")
    assert shown.startswith("age1")
    assert secret not in shown
    assert secret in terminal.told("key", "show", "--secret")
    assert "open all 1 backups" in terminal.told("key", "check")
    escrow.write_bytes(file.read_bytes())
    escrow.chmod(0o600)

    rotated = terminal.told("key", "rotate")
    assert rotated.split()[0] in terminal.told("key", "show").splitlines()[0]
    terminal.told("take", "--base", "--no-verify")
    assert "open all 2 backups" in terminal.told("key", "check")
    # the copy was not renewed, and nobody would have noticed
    said = terminal.refused("key", "check", "--escrow", str(escrow))
    assert f"The keys of {escrow} open 1 of 2 backups" in said
    write_backup_keys(escrow, [new_identity()])
    terminal.set("BACKUP_ESCROW_FILE", str(escrow))
    assert "open 0 of 2 backups" in terminal.refused("key", "check")
    made = terminal.told("key", "new").strip()
    assert made.startswith("AGE-SECRET-KEY-1")
    assert made not in file.read_text()


def test_pruning_shows_asks_and_removes(terminal: Terminal, database_url: str, tmp_path: Path) -> None:
    store, me = FolderStore(tmp_path / "backups"), installation_of(database_url)
    for age in (1, 40, 41):
        made = backup_of(datetime.now(UTC) - timedelta(days=age))
        fields = {name: getattr(made.index, name) for name in made.index.__struct_fields__}
        index = Index(**fields | {"installation": me})
        store.put(backup_key(me, "logical", index.id, "archive"), b"abc")
        write_index(store, index)
        write_verdict(store, index, made.verdicts[-1])
    for name, most in (("DAILY", "1"), ("WEEKLY", "0"), ("MONTHLY", "0")):
        terminal.set(f"BACKUP_KEEP_{name}", most)
    shown = terminal.told("prune", "--dry-run")
    assert len(re.findall(r"^goes ", shown, re.MULTILINE)) == 2
    assert len(re.findall(r"^stays ", shown, re.MULTILINE)) == 1
    assert "Nothing was removed." in terminal.told("prune", stdin="n\n")
    assert len(json.loads(terminal.told("list", "--json"))) == 3
    assert "removed   6 objects" in terminal.told("prune", "--yes")
    assert len(json.loads(terminal.told("list", "--json"))) == 1
    assert "Nothing is to be removed." in terminal.told("prune", "--yes")
