"""What a site needs beside its database: the secret keys, the settings file, Prefect's own database. Sealed, kept, and
brought back from the store alone. It does not know the database, nor who starts anything.

    secrets     the secret keys, without which every login is over and webhooks are signed by nobody
    settings    the settings file, without the keys of backups: whoever can open this has them, and nobody else may
    prefect     Prefect's database: its SQLite file, or what pg_dump makes of its PostgreSQL
    index.json  in the clear, written last

Redis is left out on purpose: what is in it is made again (docs/drills.md).
"""

import os
import re
import sqlite3
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from lib.backup.catalogue import new_backup_id
from lib.backup.keys import BackupKeys
from lib.backup.layout import INDEX, site_key, sites_prefix
from lib.backup.programs import connection_environment, piped, programs_of, run
from lib.backup.sealing import seal, unseal
from lib.backup.store.objects import CHUNK, Store
from lib.config_places import config_file
from lib.domain.backups import Stored
from lib.errors import BackupFailed, Damaged, NotRestorable
from lib.keyring.keys import parse_keys
from lib.keyring.ring import keys_file
from lib.postgres.binaries import find_binaries
from lib.settings import Settings

Engine = Literal["sqlite", "postgresql"]

SECRETS, SETTINGS, PREFECT = "secrets", "settings", "prefect"

_BACKUP_KEYS = re.compile(r"""\s*["']?(backup_keys|backup["']?\.["']?keys)["']?\s*=""")


class SiteIndex(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a site in the clear. `prefect` is the engine of Prefect's database, or None."""

    format: int = 1
    id: str
    installation: str
    begun_at: datetime
    finished_at: datetime
    objects: dict[str, Stored]
    recipients: tuple[str, ...]
    prefect: Engine | None = None


class SiteFiles(NamedTuple):
    """Where the parts of a site lie after they were brought back; None for one that was not kept."""

    id: str
    taken_at: datetime
    secrets: Path | None
    settings: Path | None
    prefect: Path | None
    engine: Engine | None


def take_site(settings: Settings, store: Store, keys: BackupKeys, installation: str, now: datetime) -> SiteIndex:
    """Keeps what there is of a site, as of `now` (UTC). Blocks.

    Raises BackupFailed or StoreError; what lacks its index is none.
    """
    configured = settings.prefect_database_url
    prefect_url = configured.get_secret_value() if configured is not None else None
    site, objects = new_backup_id(now), {}
    engine: Engine | None = None
    with tempfile.TemporaryDirectory(prefix="insitechart-site-") as folder:
        parts: dict[str, Iterator[bytes]] = {}
        secrets = _secret_keys(settings)
        if secrets is not None:
            parts[SECRETS] = iter([secrets])
        written = _settings_file()
        if written is not None:
            parts[SETTINGS] = iter([written])
        file = settings.home / "prefect" / "prefect.db"
        if prefect_url is not None:
            engine, parts[PREFECT] = "postgresql", _dumped(prefect_url)
        elif file.is_file():
            engine, parts[PREFECT] = "sqlite", _copied(file, Path(folder) / "prefect.db")
        for name, pieces in parts.items():
            with store.begin(site_key(installation, site, name)) as upload:
                sealed = seal(pieces, upload.write, keys.sealing)
                upload.commit()
            objects[name] = Stored(sealed.bytes, sealed.sha256, sealed.plain_bytes)
    index = SiteIndex(
        id=site, installation=installation, begun_at=now, finished_at=datetime.now(UTC), objects=objects,
        recipients=keys.sealing, prefect=engine,
    )  # fmt: skip
    store.put(site_key(installation, site, INDEX), msgspec.json.format(msgspec.json.encode(index), indent=1))
    return index


def sites(store: Store, installation: str) -> list[SiteIndex]:
    """Every site that is kept whole, the oldest first. Raises StoreError, or Damaged for an index that is none."""
    prefix = sites_prefix(installation)
    found = []
    for each in store.objects(prefix):
        site, _, name = each.key.removeprefix(prefix).partition("/")
        if name == INDEX:
            try:
                index = msgspec.json.decode(store.get(each.key), type=SiteIndex)
            except msgspec.DecodeError as error:
                raise Damaged(f"{each.key} in {store.place} cannot be read: {error}.") from None
            if (index.id, index.installation) != (site, installation):
                raise Damaged(f"The index of {site} in {store.place} is that of {index.id}: somebody has moved it.")
            found.append(index)
    return sorted(found, key=lambda index: index.id)


def restore_site(
    store: Store,
    keys: BackupKeys,
    installation: str,
    folder: Path,
    *,
    id: str | None = None,  # noqa: A002
) -> SiteFiles:
    """Brings a site back into `folder`, laid out as a home folder, the newest one unless `id` says which. Blocks.

    Nothing there is replaced: raises NotRestorable where a file of it exists, or none is kept. Raises KeyRefused, and
    Damaged naming the part that is not what was kept.
    """
    kept = sites(store, installation)
    chosen = next((index for index in reversed(kept) if id in (None, index.id)), None)
    if chosen is None:
        raise NotRestorable(
            f"The store {store.place} keeps no site{f' {id}' if id else ''} of {installation}.",
            hint="A site is kept with each backup.",
        )
    prefect = "prefect.dump" if chosen.prefect == "postgresql" else "prefect.db"
    places = {SECRETS: "secrets/keys", SETTINGS: "insitechart.toml", PREFECT: f"prefect/{prefect}"}
    targets = {name: folder / places[name] for name in chosen.objects}
    there = [str(target) for target in targets.values() if target.exists()]
    if there:
        raise NotRestorable(f"{', '.join(there)} exists already, and is not replaced.", hint="Move it away first.")
    for name, target in targets.items():
        _bring(store, keys, site_key(installation, chosen.id, name), chosen.objects[name], target)
    if SECRETS in targets:
        parse_keys(targets[SECRETS].read_text(encoding="utf-8"))
    if chosen.prefect == "sqlite":
        _check_sqlite(targets[PREFECT])
    return SiteFiles(
        chosen.id, chosen.begun_at, targets.get(SECRETS), targets.get(SETTINGS), targets.get(PREFECT), chosen.prefect
    )


def restore_prefect(dump: Path, url: str, binaries: Path | None = None) -> None:
    """Puts what was dumped of Prefect's PostgreSQL into the empty database at `url`. Blocks. Raises BackupFailed."""
    where = _libpq(url)
    programs = programs_of(_server_major(where, binaries), binaries)
    command: list[str | Path] = [
        programs / "pg_restore",
        "--exit-on-error",
        "--no-owner",
        "-d",
        where.rpartition("/")[2],
    ]
    run([*command, dump], connection_environment(where))


def _bring(store: Store, keys: BackupKeys, key: str, stored: Stored, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = target.with_name(f".{target.name}.bringing")
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in unseal(store.read(key), keys, what=key, sha256=stored.sha256):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        making.replace(target)
    finally:
        making.unlink(missing_ok=True)


def _secret_keys(settings: Settings) -> bytes | None:
    file = keys_file(settings)
    if file is None:
        assert settings.secret_keys is not None
        return settings.secret_keys.get_secret_value().encode()
    try:
        return file.read_bytes()
    except FileNotFoundError:
        # nobody has started the API yet, so nothing was signed
        return None
    except OSError as error:
        raise BackupFailed(f"The secret keys in {file} cannot be read: {error.strerror}.") from error


def _settings_file() -> bytes | None:
    file = config_file()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BackupFailed(f"The settings file {file} cannot be read: {error}.") from error
    kept, table = [], ""
    for line in lines:
        if line.lstrip().startswith("["):
            table = line.strip().strip("[]").strip()
        is_key = _BACKUP_KEYS.match(line) or (table == "backup" and re.match(r"""\s*["']?keys["']?\s*=""", line))
        kept.append("# backup_keys is left out of backups" if is_key else line)
    text = "".join(f"{line}\n" for line in kept)
    try:
        document = tomllib.loads(text)
        has_keys = "backup_keys" in document or "keys" in document.get("backup", {})
    except tomllib.TOMLDecodeError:
        has_keys = True
    if has_keys:
        raise BackupFailed(
            f"The keys of backups cannot be left out of the copy of {file}.",
            hint="Write backup_keys on one line there.",
        )
    return text.encode()


def _copied(file: Path, copy: Path) -> Iterator[bytes]:
    # by SQLite itself, for the server goes on writing, and what lies in its log belongs to it
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as to:
            source.backup(to)
    except sqlite3.Error as error:
        raise BackupFailed(f"Prefect's database {file} could not be copied: {error}.") from error
    with copy.open("rb") as made:
        while piece := made.read(CHUNK):
            yield piece


def _dumped(url: str) -> Iterator[bytes]:
    where = _libpq(url)
    programs = programs_of(_server_major(where))
    with piped([programs / "pg_dump", "-Fc", "-Z0"], connection_environment(where)) as dumping:
        yield from dumping.pieces()


def _server_major(url: str, binaries: Path | None = None) -> int:
    # of any version: it is only to ask the server for its own
    psql = find_binaries(binaries) / "psql"
    asked = subprocess.run(
        [psql, "-XAtc", "SHOW server_version_num"], env=connection_environment(url), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    if asked.returncode != 0:
        raise BackupFailed(f"Prefect's database does not answer: {asked.stderr.strip()}")
    return int(asked.stdout) // 10000


def _libpq(url: str) -> str:
    # Prefect writes its driver into the address
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def _check_sqlite(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            found = opened.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise Damaged(f"Prefect's database is not whole: {found}.")
