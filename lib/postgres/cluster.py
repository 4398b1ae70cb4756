"""The folder of one PostgreSQL cluster: made once, checked before each start. It does not run a server.

Layout: `data/` (the cluster itself) and `password` (of the one role, mode 0600). Everything is for the owner alone.
"""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from lib.errors import PlatformError
from lib.postgres.binaries import major_version
from lib.postgres.identity import Identity, choose_identity, hand_over
from lib.postgres.words import explain

USER = "insitechart"

_NEEDED = ("global/pg_control", "base", "pg_wal", "pg_xact", "postgresql.conf", "pg_hba.conf")


def prepare_cluster(folder: Path, binaries: Path) -> tuple[Identity, bool]:
    """Makes the cluster if there is none; who its server runs as, and True if it was made now.

    Raises PlatformError for a folder that is damaged, of another version, or may not be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity = choose_identity(folder, binaries)
        exists = (folder / "data" / "PG_VERSION").is_file()
        if exists:
            _check(folder, binaries)
        else:
            _refuse_foreign(folder / "data")
            _make(folder, binaries, identity)
        hand_over(folder, identity)
    except OSError as error:
        raise explain(str(error), folder=folder, doing="use its folder", log=folder) from error
    return identity, not exists


def read_password(folder: Path) -> str:
    """The password of the role `insitechart`."""
    return (folder / "password").read_text(encoding="ascii").strip()


def clean_environment() -> dict[str, str]:
    """The environment for PostgreSQL's programs: ours without what would change what they do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "INSITECHART_"))}
    return {**kept, "LANG": "C.UTF-8", "TZ": "UTC"}


def _refuse_foreign(data: Path) -> None:
    if data.exists() and any(data.iterdir()):
        raise PlatformError(
            f"{data} is damaged: it is not empty, and not a PostgreSQL data folder either (PG_VERSION is missing).",
            hint=f"Restore it from a backup, or move it away to start anew: mv {data} {data}.damaged",
        )


def _make(folder: Path, binaries: Path, identity: Identity) -> None:
    password = folder / "password"
    if not password.exists():
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
    # made beside its place and renamed: a start that is killed half-way leaves no half-made cluster behind
    making = folder / "data.making"
    if making.exists():
        shutil.rmtree(making)
    hand_over(folder, identity)
    command = [
        *identity.prefix, str(binaries / "initdb"), "-D", str(making), "-U", USER, f"--pwfile={password}",
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
    ]  # fmt: skip
    account = identity.account
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=clean_environment(),
        cwd="/",
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,
        check=False,
    )
    if made.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        lines = made.stderr.strip().splitlines()
        telling = [line for line in lines if "error" in line.lower() or "FATAL" in line or "PANIC" in line] or lines
        words = telling[0] if telling else f"exit code {made.returncode}"
        raise explain(words, folder=folder, doing="make its data folder", log=folder)
    if (folder / "data").exists():
        (folder / "data").rmdir()
    making.rename(folder / "data")


def _check(folder: Path, binaries: Path) -> None:
    data = folder / "data"
    written = (data / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
    ours = major_version(binaries)
    if written != str(ours):
        raise PlatformError(
            f"{data} was made by PostgreSQL {written or '(unknown)'}, and {binaries} holds version {ours}.",
            hint="Set PG_BINDIR to the programs of that version, or dump there and restore here.",
        )
    missing = [name for name in _NEEDED if not (data / name).exists()]
    if not (folder / "password").is_file():
        missing.append("its password file")
    if missing:
        raise PlatformError(
            f"{folder} is damaged: {', '.join(missing)} is missing.",
            hint=f"Restore it from a backup, or move it away to start anew: mv {folder} {folder}.damaged",
        )
