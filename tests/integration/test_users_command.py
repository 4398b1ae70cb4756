"""`insitechart users` and `insitechart keys`, as a person or a script calls them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.db.pool import Pool
from lib.keyring.files import read_keys

GOOD = "tram seven coal window"


def run(home: Path, database_url: str, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "INSITECHART_HOME": str(home), "INSITECHART_DATABASE_URL": database_url, "COLUMNS": "200",
        "INSITECHART_CONFIG": os.devnull,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "deployments.cli", *arguments],
        env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


async def test_the_first_admin_and_what_follows(pool: Pool, database_url: str, tmp_path: Path) -> None:
    weak = run(tmp_path, database_url, "users", "create-admin", "a@example.com", "--password-stdin", stdin="weak\n")
    assert weak.returncode == 1
    assert "shorter than 12" in weak.stderr
    nobody = run(tmp_path, database_url, "users", "create-admin", "a@example.com")
    assert (nobody.returncode, "--password-stdin" in nobody.stderr) == (2, True)
    made = run(tmp_path, database_url, "users", "create-admin", "A@Example.com", "--password-stdin", stdin=f"{GOOD}\n")
    assert (made.returncode, made.stdout) == (0, "a@example.com is an admin.\n")
    assert GOOD not in made.stdout + made.stderr
    again = run(tmp_path, database_url, "users", "create-admin", "a@example.com", "--generate")
    assert (again.returncode, "has an account already" in again.stderr) == (1, True)
    shown = run(tmp_path, database_url, "users", "create-admin", "b@example.com", "--generate").stdout
    assert "shown this once: " in shown
    assert run(tmp_path, database_url, "users", "set-role", "b@example.com", "operator").returncode == 0
    last = run(tmp_path, database_url, "users", "disable", "a@example.com")
    assert (last.returncode, "last admin" in last.stderr) == (1, True)
    assert run(tmp_path, database_url, "users", "disable", "b@example.com").returncode == 0
    listed = run(tmp_path, database_url, "users", "list")
    assert "a@example.com  admin" in listed.stdout, listed.stderr
    assert "disabled" in listed.stdout
    assert run(tmp_path, database_url, "users", "enable", "b@example.com").returncode == 0
    rows = await pool.fetch("SELECT action, actor FROM audit ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (action, "terminal")
        for action in ("account.created", "account.created", "role.changed", "account.disabled", "account.enabled")
    ]


def test_keys_are_rotated_and_retired(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    first = run(tmp_path, url, "keys", "list")
    assert "signs" in first.stdout, first.stderr
    file = tmp_path / "secrets" / "keys"
    old = read_keys(file).signing
    assert run(tmp_path, url, "keys", "rotate").returncode == 0
    new = read_keys(file).signing
    assert new.id != old.id
    assert file.stat().st_mode & 0o777 == 0o600
    early = run(tmp_path, url, "keys", "retire", old.id)
    assert (early.returncode, "may still be in use" in early.stderr) == (1, True)
    signing = run(tmp_path, url, "keys", "retire", new.id)
    assert (signing.returncode, "signs" in signing.stderr) == (1, True)
    assert run(tmp_path, url, "keys", "retire", old.id, "--now").returncode == 0
    assert [key.id for key in read_keys(file).all] == [new.id]
    told = "".join(part for result in (first, early, signing) for part in (result.stdout, result.stderr))
    assert old.secret.decode() not in told
    assert new.secret.decode() not in told


def test_keys_of_the_environment_are_the_operators_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(tmp_path, "postgresql://x", "keys", "new").stdout.strip()
    monkeypatch.setenv("INSITECHART_SECRET_KEYS", made)
    assert made.split(":")[0] in run(tmp_path, "postgresql://x", "keys", "list").stdout
    refused = run(tmp_path, "postgresql://x", "keys", "rotate")
    assert (refused.returncode, "keys new" in refused.stderr) == (1, True)
