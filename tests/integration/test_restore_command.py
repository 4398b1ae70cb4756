"""`insitechart restore`, as a tired person calls it: it shows what it does, asks, keeps what was there."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.local.instance import hold
from lib.backup.keys import new_identity, read_backup_keys, write_backup_keys
from lib.backup.pitr.targets import at_time
from lib.backup.store.folder import FolderStore
from tests.support.archived import Archived, archived, rows_in, sending, until_safe


@pytest.fixture(scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archived, str]:
    """What a store has of ten rows, and the moment of the first five."""
    folder = tmp_path_factory.mktemp("kept")
    write_backup_keys(folder / "keys", [new_identity()])
    async with archived(folder, FolderStore(folder / "backups")) as made:
        own = made._replace(keys=read_backup_keys(folder / "keys"))
        async with sending(own.service()) as service:
            await own.take()
            await own.commit(5)
            moment = str(at_time(await own.now()))
            await own.commit(5)
            await until_safe(service, await own.now())
    return own, moment


async def run(own: Archived, home: Path, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    store = own.store
    assert isinstance(store, FolderStore)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INSITECHART_")}
    environment = kept | {
        "INSITECHART_HOME": str(home), "INSITECHART_CONFIG": os.devnull, "COLUMNS": "200",
        "INSITECHART_BACKUP_STORE": store.place,
        "INSITECHART_BACKUP_KEYS_FILE": str(store.folder.parent / "keys"),
    }  # fmt: skip
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "deployments.cli", "restore", *arguments],
        env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


async def test_the_plan_shows_everything_and_does_nothing(kept: tuple[Archived, str], tmp_path: Path) -> None:
    own, moment = kept
    shown = await run(own, tmp_path, "--to", moment, "--plan")
    assert shown.returncode == 0, shown.stderr
    for words in ("window    any moment from", f"restores  {moment}", "begins    with base backup", "postgres"):
        assert words in shown.stdout
    assert not (tmp_path / "postgres").exists()


async def test_a_no_changes_nothing(kept: tuple[Archived, str], tmp_path: Path) -> None:
    own, moment = kept
    refused = await run(own, tmp_path, "--to", moment, stdin="n\n")
    assert refused.returncode == 0, refused.stderr
    assert "Nothing was changed." in refused.stdout
    assert not (tmp_path / "postgres").exists()


async def test_what_was_there_is_moved_aside_and_the_moment_is_exact(
    kept: tuple[Archived, str], tmp_path: Path
) -> None:
    own, moment = kept
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter").write_text("mine")
    done = await run(own, tmp_path, "--to", moment, "--yes")
    assert done.returncode == 0, done.stderr
    assert f"Restored {moment}" in done.stdout
    assert "insitechart up" in done.stdout
    (aside,) = tmp_path.glob("postgres.before-*")
    assert (aside / "letter").read_text() == "mine"
    assert await rows_in(tmp_path / "postgres") == 5
    assert [file.name for file in tmp_path.iterdir() if "restoring" in file.name or ".new-" in file.name] == []


async def test_it_waits_for_no_platform_and_touches_none(kept: tuple[Archived, str], tmp_path: Path) -> None:
    own, moment = kept
    with hold(tmp_path):
        refused = await run(own, tmp_path, "--to", moment, "--yes")
    assert refused.returncode == 1
    assert "Another platform runs" in refused.stderr
    assert "insitechart down" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--to latest"),
        (("--to", "yesterday"), 1, "is nothing to restore to"),
        (("--to", "2026-11-23 04:05:06"), 1, "does not say its time zone"),
        (("--to", "latest", "--backup", "x"), 2, "or which one"),
        (("--to", "2020-01-01Z", "--yes"), 1, "No base backup was finished before"),
        (("--to", "latest", "--installation", "0000000000000000", "--yes"), 1, "has no base backup"),
        (("--backup", "20200101T000000Z-000000", "--yes", "--into", "here"), 1, "has no backup"),
    ],
)
async def test_bad_input_says_what_to_do(
    kept: tuple[Archived, str], arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    refused = await run(kept[0], tmp_path, *arguments)
    assert (refused.returncode, words in refused.stdout + refused.stderr) == (code, True), refused.stderr
    assert "Traceback" not in refused.stderr


async def test_without_the_keys_none_are_made(kept: tuple[Archived, str], tmp_path: Path) -> None:
    own, _ = kept
    assert isinstance(own.store, FolderStore)
    keys = own.store.folder.parent / "keys"
    keys.rename(keys.with_name("keys.away"))
    try:
        refused = await run(own, tmp_path, "--to", "latest", "--yes")
    finally:
        keys.with_name("keys.away").rename(keys)
    assert refused.returncode == 1
    assert "Bring the copy that is kept elsewhere" in refused.stderr
