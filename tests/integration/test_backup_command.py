"""`insitechart backup`, as a person calls it: taken, proven, listed, found bad, tried with keys, and pruned."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.backup.catalogue import write_index, write_verdict
from lib.backup.keys import new_identity, write_backup_keys
from lib.backup.layout import backup_key
from lib.backup.store.folder import FolderStore
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import backups_of
from lib.domain.backups import Index
from tests.support.recovery import backup_of

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class Terminal:
    """Somebody who types commands for one installation."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home, self.database_url = home, database_url

    def run(self, *arguments: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {
            "INSITECHART_HOME": str(self.home), "INSITECHART_DATABASE_URL": self.database_url, "COLUMNS": "220",
            "INSITECHART_CONFIG": os.devnull, **more,
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "-m", "deployments.cli", "backup", *arguments],
            env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip

    def told(self, *arguments: str, **more: str) -> str:
        """What a command says that does what it is for."""
        done = self.run(*arguments, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str, **more: str) -> str:
        """What a command says that does not."""
        done = self.run(*arguments, **more)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def terminal(tmp_path: Path, database_url: str) -> Terminal:
    return Terminal(tmp_path, database_url)


async def test_a_backup_is_taken_proven_listed_and_found_bad_once_it_is(
    terminal: Terminal, pool: Pool, tmp_path: Path
) -> None:
    assert "has no backups" in terminal.told("list")
    said = terminal.told("take")
    [found] = json.loads(terminal.told("list", "--json"))
    assert (found["kind"], found["state"], found["wrong"]) == ("logical", "good", "")
    assert f"{found['id']} is good: restored and compared in" in said
    assert re.search(rf"{found['id']} +logical +good", terminal.told("list"))
    [row] = await backups_of(pool)
    assert (row.id, row.state) == (found["id"], "good")
    # the store alone tells it, too
    nobody = Terminal(tmp_path, NOWHERE)
    assert found["id"] in nobody.told("list")
    archive = tmp_path / "backups" / backup_key(await installation_id(pool), "logical", found["id"], "archive")
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    archive.write_bytes(damaged)
    said = terminal.refused("verify", found["id"])
    assert "is not good" in said
    assert "damaged" in said
    [row] = await backups_of(pool)
    assert row.state == "bad"
    assert "no backup 'x'" in terminal.refused("verify", "x")


async def test_a_base_backup_that_is_not_verified_says_how(terminal: Terminal, pool: Pool) -> None:
    said = terminal.told("take", "--base", "--no-verify")
    [row] = await backups_of(pool)
    assert (row.kind, row.state) == ("base", "taken")
    assert f"insitechart backup verify {row.id}" in said
    assert f"{row.id} is good" in terminal.told("verify", row.id)


def test_keys_are_shown_by_halves_and_tried(terminal: Terminal, tmp_path: Path) -> None:
    assert "There are no keys" in terminal.refused("key", "show")
    assert not (tmp_path / "secrets" / "backup-keys").exists()
    terminal.told("take", "--no-verify")
    file = tmp_path / "secrets" / "backup-keys"
    secret = next(line for line in file.read_text().splitlines() if line.startswith("AGE-SECRET-KEY-"))
    shown = terminal.told("key", "show")
    assert shown.startswith("age1")
    assert secret not in shown
    assert secret in terminal.told("key", "show", "--secret")
    assert "open all 1 backups" in terminal.told("key", "check")
    escrow = tmp_path / "escrow"
    escrow.write_bytes(file.read_bytes())
    escrow.chmod(0o600)

    rotated = terminal.told("key", "rotate")
    assert rotated.split()[0] in terminal.told("key", "show").splitlines()[0]
    terminal.told("take", "--no-verify")
    assert "open all 2 backups" in terminal.told("key", "check")
    # the copy was not renewed, and nobody would have noticed
    said = terminal.refused("key", "check", "--escrow", str(escrow))
    assert f"The keys of {escrow} open 1 of 2 backups" in said
    write_backup_keys(escrow, [new_identity()])
    said = terminal.refused("key", "check", INSITECHART_BACKUP_ESCROW_FILE=str(escrow))
    assert "open 0 of 2 backups" in said
    made = terminal.told("key", "new").strip()
    assert made.startswith("AGE-SECRET-KEY-1")
    assert made not in file.read_text()


async def test_pruning_shows_asks_and_removes(terminal: Terminal, pool: Pool, tmp_path: Path) -> None:
    store, me = FolderStore(tmp_path / "backups"), await installation_id(pool)
    for age in (1, 40, 41):
        made = backup_of(datetime.now(UTC) - timedelta(days=age))
        fields = {name: getattr(made.index, name) for name in made.index.__struct_fields__}
        index = Index(**fields | {"installation": me})
        store.put(backup_key(me, "logical", index.id, "archive"), b"abc")
        write_index(store, index)
        write_verdict(store, index, made.verdicts[-1])
    few = {
        f"INSITECHART_BACKUP_KEEP_{name}": most for name, most in (("DAILY", "1"), ("WEEKLY", "0"), ("MONTHLY", "0"))
    }
    shown = terminal.told("prune", "--dry-run", **few)
    assert len(re.findall(r"^goes ", shown, re.MULTILINE)) == 2
    assert len(re.findall(r"^stays ", shown, re.MULTILINE)) == 1
    declined = terminal.run("prune", stdin="n\n", **few)
    assert (declined.returncode, "Nothing was removed." in declined.stdout) == (0, True)
    assert len(json.loads(terminal.told("list", "--json"))) == 3
    assert "removed   6 objects" in terminal.told("prune", "--yes", **few)
    assert len(json.loads(terminal.told("list", "--json"))) == 1
    assert "Nothing is to be removed." in terminal.told("prune", "--yes", **few)
