"""PostgreSQL run on a restored data folder until it has come to a target, and made a cluster of its own. It does not
bring any file.

While it recovers it listens on a socket in a folder of its own alone. What would tie it to the one it is a copy of is
switched off for good: no archive, no primary, no synchronous standby; nobody but this machine may come in, and the
role of the platform gets a new password, for the one of the original lies beside it, not in it.
"""

import asyncio
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lib.backup.wal.positions import parse_lsn
from lib.db.recovery.restored import Standing, let_in, read_standing
from lib.errors import Damaged, DatabaseUnavailable
from lib.postgres.cluster import USER
from lib.postgres.server import PostgresServer
from lib.processes import last_words

_ASK_EVERY_S = 0.05

_OWN_SETTINGS = """
# written when this cluster was restored: it is a copy, and must not act as the original
archive_mode = 'off'
archive_command = ''
archive_library = ''
restore_command = ''
primary_conninfo = ''
primary_slot_name = ''
synchronous_standby_names = ''
"""

_OWN_ACCESS = """\
# written when this cluster was restored; the former rules are in pg_hba.conf.before-restore
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
host replication all ::1/128 scram-sha-256
"""

# what of another machine's configuration must not keep a copy from starting here
_ELSEWHERE = {
    "hot_standby": "off",
    "archive_mode": "off",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "synchronous_standby_names": "",
    "logging_collector": "off",
    "log_destination": "stderr",
    "ssl": "off",
    "external_pid_file": "",
    "recovery_target_action": "promote",
}


class Reached(NamedTuple):
    """How far recovery came: the place behind the last record, the last commit (UTC; None if none was replayed), and
    the timeline that begins there.
    """

    place: int
    last_commit_at: datetime | None
    timeline: int


async def recover(
    folder: Path,
    programs: Path,
    target: Mapping[str, str],
    *,
    superuser: str,
    log: Path | None = None,
    durable: bool = True,
) -> Reached:
    """Recovers `folder`/data to `target`, promotes and stops it in order; `folder` is then one for PostgresServer.

    `log` is the folder with the segments to replay; without it what lies in pg_wal has to do. `target` are PostgreSQL's
    own settings of recovery. Raises Damaged with PostgreSQL's words where the target is not reached.
    """
    data = folder / "data"
    _make_own(data)
    (folder / "password").touch(mode=0o600)
    with tempfile.TemporaryDirectory(prefix="ic-") as sockets:
        access = folder / "recovery-access"
        access.write_text("local all all trust\n", encoding="ascii")
        copying = "false" if log is None else f"cp {_quoted(log)}/%f %p"
        options = {
            **_ELSEWHERE,
            **target,
            "unix_socket_directories": sockets,
            "hba_file": str(access),
            "restore_command": copying,
            "fsync": "on" if durable else "off",
        }
        server = PostgresServer(folder, binaries=programs, options=options, log_file=folder / "recovery.log")
        (data / "recovery.signal").touch(mode=0o600)
        await asyncio.to_thread(server.prepare)
        if server.identity.account is not None:
            shutil.chown(sockets, server.identity.account.user, server.identity.account.group)
        url = f"postgresql://{superuser}@/postgres?host={sockets}&port={server.port}"
        server.start()
        try:
            standing = await _until_promoted(server, url)
            password = secrets.token_urlsafe(24)
            await let_in(url, USER, password)
        finally:
            await server.stop(seconds=600)
    (folder / "password").write_text(password, encoding="ascii")
    for left in (access, server.log_file):
        left.unlink(missing_ok=True)
    return Reached(parse_lsn(standing.replayed), standing.last_commit_at, standing.timeline)


async def _until_promoted(server: PostgresServer, url: str) -> Standing:
    while True:
        assert server.process is not None
        if server.process.poll() is not None:
            words = last_words(server.log_file)
            raise Damaged(
                f"PostgreSQL did not come to the moment that was asked for: {words}",
                hint=f"Its whole words are in {server.log_file}.",
            )
        try:
            standing = await read_standing(url)
        except DatabaseUnavailable:
            standing = None
        if standing is not None and not standing.is_recovering:
            return standing
        await asyncio.sleep(_ASK_EVERY_S)


def _make_own(data: Path) -> None:
    for name in ("postmaster.pid", "postmaster.opts", "standby.signal"):
        (data / name).unlink(missing_ok=True)
    # some systems keep the configuration elsewhere, where no base backup reaches
    for name in ("postgresql.conf", "postgresql.auto.conf"):
        file = data / name
        lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines(True) if file.exists() else []
        # a second target, left from an earlier restore, would be refused
        kept = "".join(line for line in lines if not line.lstrip().startswith("recovery_target"))
        file.write_text(kept, encoding="utf-8", errors="surrogateescape")
        file.chmod(0o600)
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(_OWN_SETTINGS)
    access = data / "pg_hba.conf"
    if access.exists():
        access.replace(access.with_name("pg_hba.conf.before-restore"))
    access.write_text(_OWN_ACCESS, encoding="ascii")
    access.chmod(0o600)


def _quoted(folder: Path) -> str:
    return shlex.quote(str(folder)).replace("%", "%%")
