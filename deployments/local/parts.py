"""What the platform consists of, as data: PostgreSQL, Prefect server, flows, API, archive. It starts nothing."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from deployments.local.prefect_server import deployments_polled, prefect_environment
from deployments.local.probe import is_well
from deployments.local.stopping import MARKER
from lib.config_places import FILE_VARIABLE, config_file
from lib.errors import PlatformError
from lib.postgres.server import PostgresServer
from lib.processes import Account

PROJECT = Path(__file__).resolve().parents[2]

# in the order in which they are stopped: each uses only what comes after it
STOP_ORDER = ("flows", "sample", "api", "archive", "prefect", "postgres")

# how often a run says that it lives; an automation ends those that have said nothing for nine minutes
HEARTBEAT_S = 60

# a module is found where it is installed, never in a folder of the same name that the user happens to stand in
_PYTHON = (sys.executable, "-P", "-m")


class Part(NamedTuple):
    """One program to keep running.

    `is_ready` is asked with the moment (UTC) of its start; `is_well` later and again, None if only its process can be
    watched. `failure` makes the error out of its last words when it cannot start.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[datetime], Awaitable[bool]]
    failure: Callable[[str], PlatformError]
    is_well: Callable[[], Awaitable[bool]] | None = None
    address: str = ""
    folder: Path | None = None
    account: Account | None = None
    end_signal: signal.Signals = signal.SIGTERM
    patience_s: float = 15


class Addresses(NamedTuple):
    """Where the platform answers."""

    api_host: str
    api_port: int
    prefect_port: int

    @property
    def api_url(self) -> str:
        host = "127.0.0.1" if self.api_host in ("0.0.0.0", "::") else self.api_host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"

    @property
    def prefect_url(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}"

    @property
    def prefect_api_url(self) -> str:
        return f"{self.prefect_url}/api"


# the parts run in another folder than whoever names these
_A_FILE = ("INSITECHART_", "_FILE")
_STORE = "INSITECHART_BACKUP_STORE"


def common_environment(home: Path, marker: str, addresses: Addresses) -> dict[str, str]:
    """What every part is told: whose it is, and where the others are. The user's own Prefect stays out of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    begin, end = _A_FILE
    named = [name for name, value in kept.items() if name.startswith(begin) and name.endswith(end) and value]
    files = {name: str(Path(kept[name]).expanduser().absolute()) for name in named}
    store = kept.get(_STORE, "")
    if store and "://" not in store and not store.startswith("block:"):
        files[_STORE] = str(Path(store).expanduser().absolute())
    config = config_file()
    direct = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1,localhost,::1")))
    return {
        **kept,
        **files,
        MARKER: marker,
        # the parts run in other folders, where another file may lie
        FILE_VARIABLE: str(config) if config.exists() else os.devnull,
        "INSITECHART_HOME": str(home),
        "INSITECHART_API_HOST": addresses.api_host,
        "INSITECHART_API_PORT": str(addresses.api_port),
        "INSITECHART_PREFECT_PORT": str(addresses.prefect_port),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": addresses.prefect_api_url,
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_LOGGING_SETTINGS_PATH": str(PROJECT / "deployments" / "prefect" / "logging.yaml"),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
        "DO_NOT_TRACK": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        # the flows' runner uses one fixed name below it, which on a shared machine may be another user's
        "TMPDIR": str(home / "tmp"),
        "PYTHONUNBUFFERED": "1",
    }


def postgres_part(server: PostgresServer, marker: str) -> Part:
    """The embedded database; `server` has been prepared."""

    async def ready(_since: datetime) -> bool:
        return await server.accepts()

    return Part(
        name="postgres",
        command=tuple(server.command()),
        environment={**server.environment(), MARKER: marker},
        log=server.log_file,
        is_ready=ready,
        is_well=server.accepts,
        failure=server.failure,
        address=f"127.0.0.1:{server.port}",
        folder=Path("/"),
        account=server.identity.account,
        end_signal=signal.SIGINT,
        patience_s=30,
    )


def prefect_part(home: Path, common: Mapping[str, str], addresses: Addresses, history_days: int, log: Path) -> Part:
    """The Prefect server and its UI, on an SQLite file of its own below `home`."""

    async def ready(_since: datetime) -> bool:
        return await is_well("127.0.0.1", addresses.prefect_port, "/api/health")

    async def well() -> bool:
        return await is_well("127.0.0.1", addresses.prefect_port, "/api/health")

    return Part(
        name="prefect",
        # what `prefect server start` does, but without a process in between that might be killed alone
        command=(*_PYTHON, "uvicorn", "prefect.server.api.server:create_app", "--factory", "--no-access-log",
                 "--host", "127.0.0.1", "--port", str(addresses.prefect_port), "--log-level", "warning",
                 "--timeout-graceful-shutdown", "3"),
        environment={**common, **prefect_environment(home / "prefect", addresses.prefect_port, history_days)},
        log=log,
        is_ready=ready,
        is_well=well,
        failure=_failure("The Prefect server", log, f"Only run history is lost by starting anew: rm -r {home}/prefect"),
        address=addresses.prefect_url,
        folder=home / "prefect",
    )  # fmt: skip


def flows_part(common: Mapping[str, str], addresses: Addresses, database_url: str, log: Path) -> Part:
    """The process that serves all flows. It may start before the Prefect server is ready and then waits for it."""

    async def ready(since: datetime) -> bool:
        return await deployments_polled(addresses.prefect_port, since)

    return Part(
        name="flows",
        command=(*_PYTHON, "deployments.local.flows"),
        environment={**common, "INSITECHART_DATABASE_URL": database_url},
        log=log,
        is_ready=ready,
        failure=_failure("The flows", log),
        folder=PROJECT,
    )


def api_part(common: Mapping[str, str], addresses: Addresses, database_url: str, log: Path) -> Part:
    """The API; its database is ready and migrated."""
    host = addresses.api_url.removeprefix("http://").rsplit(":", 1)[0].strip("[]")

    async def well() -> bool:
        return await is_well(host, addresses.api_port, "/api/v1/health/ready")

    async def ready(_since: datetime) -> bool:
        return await well()

    return Part(
        name="api",
        command=(*_PYTHON, "api"),
        environment={**common, "INSITECHART_DATABASE_URL": database_url},
        log=log,
        is_ready=ready,
        is_well=well,
        failure=_failure("The API", log),
        address=addresses.api_url,
        folder=PROJECT,
    )


def archive_part(common: Mapping[str, str], database_url: str, log: Path) -> Part:
    """The service that sends the database's log to the store. Nothing waits for it, and nothing stops without it."""

    async def ready(_since: datetime) -> bool:
        return True

    return Part(
        name="archive",
        command=(*_PYTHON, "deployments.cli", "archive"),
        environment={**common, "INSITECHART_DATABASE_URL": database_url},
        log=log,
        is_ready=ready,
        failure=_failure("The archive", log),
        folder=PROJECT,
        patience_s=30,
    )


def sample_part(common: Mapping[str, str], database_url: str, log: Path) -> Part:
    """Loads the sample archive into the migrated database, and ends."""

    async def ready(_since: datetime) -> bool:
        return True

    return Part(
        name="sample",
        command=(*_PYTHON, "deployments.cli", "sample", "load"),
        environment={**common, "INSITECHART_DATABASE_URL": database_url},
        log=log,
        is_ready=ready,
        failure=_failure("The sample", log),
        folder=PROJECT,
    )


def _failure(what: str, log: Path, hint: str = "") -> Callable[[str], PlatformError]:
    def failure(words: str) -> PlatformError:
        return PlatformError(f"{what} ended while starting: {words}", hint=f"Read {log}. {hint}".strip())

    return failure
