"""One PostgreSQL server of our own in one folder: made, started, watched, stopped. It does not know what is stored in it.

Layout of the folder: `data/` (the cluster), `password` (mode 0600), `log` (the server's own words). The server listens on loopback
alone, lets nobody in without the password, and ends with the process that started it, even when that process is killed.
"""

import asyncio
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from lib.errors import PlatformError
from lib.postgres.binaries import find_binaries, major_version

USER = "insitechart"
DATABASE = "insitechart"

_PR_SET_PDEATHSIG = 1


class PostgresServer:
    """`await prepare()`, then `start()` and `await ready()`; `await stop()` at the end. Not for several processes at once."""

    def __init__(
        self, folder: Path, *, port: int = 0, binaries: Path | None = None, options: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.binaries = binaries or find_binaries()
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self._options = options or {}

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    @property
    def password(self) -> str:
        return (self.folder / "password").read_text(encoding="ascii").strip()

    def url(self, database: str = DATABASE) -> str:
        """A connection URL with the password in it: never to be logged."""
        return f"postgresql://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{quote(database)}"

    def prepare(self) -> bool:
        """Makes the cluster if there is none. True if it was made now. Raises PlatformError for a folder that cannot be used."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (self.data / "PG_VERSION").is_file():
            self._check()
            return False
        if self.data.exists() and any(self.data.iterdir()):
            raise PlatformError(
                f"{self.data} is damaged: it is not empty, and not a PostgreSQL data folder either (PG_VERSION is missing).",
                hint=f"Restore it from a backup, or move it away to start anew: mv {self.data} {self.data}.damaged",
            )
        password_file = self.folder / "password"
        if not password_file.exists():
            handle = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(24))
        self._initdb(password_file)
        return True

    def _initdb(self, password_file: Path) -> None:
        # made beside its place and renamed: a start that is killed half-way leaves no half-made cluster behind
        making = self.folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        command = [
            *_as_unprivileged(), str(self.binaries / "initdb"), "-D", str(making), "-U", USER, f"--pwfile={password_file}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
        ]  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True, env=self._environment(), check=False)
        if made.returncode != 0:
            reason = made.stderr.strip().splitlines()
            detail = reason[-1] if reason else f"exit code {made.returncode}"
            shutil.rmtree(making, ignore_errors=True)
            raise PlatformError(
                f"PostgreSQL could not make its data folder in {self.folder}: {detail}", hint=_hint(made.stderr)
            )
        if self.data.exists():
            self.data.rmdir()
        making.rename(self.data)

    def _check(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text(encoding="ascii").strip() or 0)
        ours = major_version(self.binaries)
        if made_by != ours:
            raise PlatformError(
                f"{self.data} was made by PostgreSQL {made_by}, and {self.binaries} holds version {ours}.",
                hint="Set PG_BINDIR to programs of that version, or dump and restore.",
            )
        missing = [name for name in ("global/pg_control", "base", "pg_wal") if not (self.data / name).exists()]
        if missing or not (self.folder / "password").is_file():
            raise PlatformError(
                f"{self.data} is damaged: {', '.join(missing) or 'its password file'} is missing.",
                hint=f"Restore it from a backup, or move it away to start anew: mv {self.folder} {self.folder}.damaged",
            )

    def start(self) -> None:
        """Starts the server and returns at once. Raises PlatformError if the port is taken."""
        self.port = self.port or _free_port()
        if self._left_behind():
            raise PlatformError(
                f"Another PostgreSQL runs on {self.data} (process {self._left_behind()}).",
                hint="Stop the platform that it belongs to first: insitechart down",
            )
        settings = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "", "timezone": "UTC", "log_timezone": "UTC",
            "max_connections": "100", "shared_buffers": "128MB", "wal_compression": "on", "max_wal_size": "2GB", "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            **self._options,
        }  # fmt: skip
        command = [*_as_unprivileged(), str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )

    async def ready(self, seconds: float = 60) -> None:
        """Waits until the server takes connections. Raises PlatformError with the server's own last words if it ends or takes longer."""
        command = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-d", "postgres"]
        try:
            async with asyncio.timeout(seconds):
                while True:
                    if self.process is None or self.process.poll() is not None:
                        raise PlatformError(
                            f"PostgreSQL ended while it started: {self.last_words()}", hint=_hint(self.last_words())
                        )
                    check = await asyncio.create_subprocess_exec(*command, env=self._environment())
                    if await check.wait() == 0:
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise PlatformError(
                f"PostgreSQL was not ready within {seconds:.0f} s: {self.last_words()}", hint=f"Read {self.log_file}."
            ) from None

    def last_words(self) -> str:
        """The last telling line of the server's log, for an error message."""
        try:
            lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        except FileNotFoundError:
            return "it left no log."
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR"))] or lines
        return telling[-1].strip() if telling else "it wrote nothing."

    async def stop(self, seconds: float = 20) -> None:
        """Stops the server: fast shutdown, and after `seconds` an immediate one. Does nothing if it does not run."""
        process = self.process
        if process is None or process.poll() is not None:
            return
        for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            process.send_signal(signum)
            try:
                await asyncio.wait_for(asyncio.to_thread(process.wait), timeout=seconds)
            except TimeoutError:
                continue
            return

    def _left_behind(self) -> int | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            cwd = Path(f"/proc/{pid}/cwd")
            return pid if cwd.exists() and cwd.resolve() == self.data.resolve() else None
        except (OSError, ValueError, IndexError):
            return None

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "INSITECHART_"))}
        return {**kept, "LANG": "C.UTF-8", "TZ": "UTC"}


@asynccontextmanager
async def running_server(folder: Path, *, options: dict[str, str] | None = None) -> AsyncIterator[PostgresServer]:
    """A server in `folder`, ready for connections, and stopped on leaving."""
    server = PostgresServer(folder, options=options)
    server.prepare()
    server.start()
    try:
        await server.ready()
        yield server
    finally:
        await server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: there it is given a user namespace in which it is not. Empty for ordinary users."""
    if os.name != "posix" or os.geteuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=1", "--map-group=1"]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _hint(words: str) -> str:
    lowered = words.lower()
    if "no space left" in lowered:
        return "The disk is full: free some space, then start again."
    if "permission denied" in lowered or "operation not permitted" in lowered:
        return "Check who owns the folder, or run as an ordinary user."
    if "shared memory" in lowered:
        return "Give the machine or the container more shared memory (/dev/shm)."
    return "Read the line above; the whole log is beside the data folder."
