"""What is in use, and refusing to touch it. It does not know what a drill does.

A drill works on copies: in folders below its own, on ports of its own, with a store of its own. Whatever it is about
to start, stop or write is compared with what is in use first.
"""

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from lib.db.recovery.standbys import identity
from lib.errors import DatabaseError, DrillRefused
from lib.platform import read_state
from lib.settings import Settings

_HINT = "Drills work on copies alone. Nothing was changed."

# settings that tie a copy to what its original is tied to; what stands in a command line counts more than any file
UNTIED = {
    "archive_mode": "off",
    "archive_command": "",
    "archive_library": "",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "max_logical_replication_workers": "0",
    # what is left in shared memory by a server that is killed would stay for ever
    "dynamic_shared_memory_type": "mmap",
}

_FORGOTTEN = (
    "archive_", "primary_", "restore_command", "recovery_", "promote_trigger", "synchronous_standby_names",
    "listen_addresses", "port", "unix_socket_", "cluster_name", "external_pid_file", "hba_file", "ident_file",
    "data_directory", "log_directory", "logging_collector",
)  # fmt: skip


class Production(NamedTuple):
    """What is in use: data folders, addresses of databases, and the system and data folder of a server that runs."""

    folders: tuple[Path, ...]
    urls: tuple[str, ...]
    system: str = ""
    data: str = ""


async def production_of(settings: Settings) -> Production:
    """What this installation uses. A database that is away is known by its address alone."""
    state = read_state(settings.home)
    urls = [settings.database_url.get_secret_value()] if settings.database_url else []
    urls += [state.database_url] if state else []
    system, data = "", ""
    for url in urls:
        try:
            system, folder = await identity(url)
            data = folder or ""
        except DatabaseError:
            continue
    return Production((settings.home / "postgres",), tuple(urls), system, data)


def refuse_folder(production: Production, folder: Path) -> None:
    """Raises DrillRefused for a folder that is, holds, or lies in a data folder in use, by whatever way it is named."""
    wanted = folder.resolve()
    for used in (*production.folders, *([Path(production.data)] if production.data else [])):
        known = used.resolve()
        if wanted == known or wanted.is_relative_to(known) or known.is_relative_to(wanted):
            raise DrillRefused(f"{folder} is, or is part of, the data in use ({used}).", hint=_HINT)
        for one, other in _controls(folder, used):
            if one.exists() and other.exists() and one.samefile(other):
                raise DrillRefused(f"{folder} is the data in use ({used}) under another name.", hint=_HINT)


def refuse_url(production: Production, url: str) -> None:
    """Raises DrillRefused for an address at which something in use answers, however its host is written."""
    place = _places(url)
    for used in production.urls:
        if place & _places(used):
            host = urlsplit(used)
            raise DrillRefused(f"{host.hostname}:{host.port or 5432} is the database in use.", hint=_HINT)


async def refuse_server(production: Production, url: str) -> None:
    """Raises DrillRefused where the server at `url` is the one in use: the same system in the same folder."""
    refuse_url(production, url)
    system, data = await identity(url)
    if production.system and system == production.system and (data or "") == production.data:
        raise DrillRefused("The server that was started is the one in use.", hint=_HINT)


def untie(data: Path) -> None:
    """Takes from a restored data folder what would tie it to its original: archive, standby, address, recovery."""
    for signal in ("standby.signal", "recovery.signal"):
        (data / signal).unlink(missing_ok=True)
    file = data / "postgresql.auto.conf"
    if file.exists():
        kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not _ties(line)]
        # of what the other file may say this one is to be said again later, which a command line would not allow
        kept.append("synchronous_standby_names = ''")
        file.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _ties(line: str) -> bool:
    return line.strip().lower().startswith(_FORGOTTEN)


def _controls(folder: Path, used: Path) -> Iterable[tuple[Path, Path]]:
    names = ("global/pg_control", "data/global/pg_control")
    return [(folder / one, used / other) for one in names for other in names]


def _places(url: str) -> set[tuple[str, int]]:
    """The addresses and the port of each host of `url`."""
    authority = urlsplit(url).netloc.rpartition("@")[2]
    found = set()
    for place in authority.split(","):
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname or "localhost", parts.port or 5432
        found |= {(address, port) for address in _addresses(host)}
    return found


def _addresses(host: str) -> set[str]:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return {host.lower()}
    # every address of loopback leads to this machine
    return {"loopback" if address.startswith("127.") or address == "::1" else address for address in found}
