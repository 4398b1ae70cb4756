"""What a running platform on this machine tells other processes about itself. It does not start or stop anything.

The supervisor writes `<home>/run/platform.json` (mode 0600, for it holds the database's password) and removes it when
it ends.
"""

import os
from pathlib import Path

import msgspec

from lib.errors import PlatformError
from lib.processes import is_alive
from lib.settings import Settings


class PlatformState(msgspec.Struct, frozen=True, kw_only=True):
    """A running platform: its supervisor (pid, and when it began, so that a reused pid is seen) and its addresses."""

    pid: int
    pid_created: float
    home: str
    database_url: str
    api_url: str
    prefect_url: str

    def is_alive(self) -> bool:
        """True while the supervisor that wrote this runs."""
        return is_alive(self.pid, self.pid_created)


def state_file(home: Path) -> Path:
    """Where the state of the platform in `home` is kept."""
    return home / "run" / "platform.json"


def read_state(home: Path) -> PlatformState | None:
    """The platform that runs in `home`, or None; what a killed supervisor left behind counts as none."""
    try:
        state = msgspec.json.decode(state_file(home).read_bytes(), type=PlatformState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return state if state.is_alive() else None


def write_state(home: Path, state: PlatformState) -> None:
    """Publishes `state` at once and whole: a reader never sees half of it."""
    file = state_file(home)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = file.with_suffix(".making")
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.encode(state))
    making.replace(file)


def database_url(settings: Settings) -> str:
    """The database to use: INSITECHART_DATABASE_URL, else the one of the platform that runs in the home folder.

    Raises PlatformError where there is neither. The URL holds a password and is never to be logged.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    state = read_state(settings.home)
    if state is None:
        raise PlatformError(
            f"No platform is running in {settings.home}.",
            hint="Start it with `make up` (or `insitechart up --detach`), or set INSITECHART_DATABASE_URL.",
        )
    return state.database_url
