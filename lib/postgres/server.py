"""One PostgreSQL server of our own in one folder: started, watched, stopped. It does not know what is stored in it.

It listens on loopback alone, lets nobody in without the password, and ends with the process that started it, even
when that process is killed. The folder itself is lib/postgres/cluster.py.
"""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import psutil

from lib.errors import PlatformError
from lib.ports import free_port
from lib.postgres.binaries import find_binaries
from lib.postgres.cluster import USER, clean_environment, prepare_cluster, read_password
from lib.postgres.identity import Identity
from lib.postgres.words import explain
from lib.processes import last_words, spawn

DATABASE = "insitechart"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
}


class PostgresServer:
    """`prepare()`, then `start()` and `await ready()`; `await stop()` at the end. Not for several processes at once.

    A supervisor of its own kind takes `command()`, `environment()` and `identity` instead of `start()`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        binaries: Path | None = None,
        options: dict[str, str] | None = None,
        log_file: Path | None = None,
    ) -> None:
        self.folder = folder
        self.binaries = binaries or find_binaries()
        self.port = port
        self.log_file = log_file or folder / "log"
        self.identity = Identity()
        self.process: subprocess.Popen[bytes] | None = None
        self._options = options or {}
        self._log_start = 0

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = DATABASE) -> str:
        """A connection URL with the password in it: never to be logged."""
        return f"postgresql://{USER}:{quote(read_password(self.folder))}@127.0.0.1:{self.port}/{quote(database)}"

    def prepare(self) -> bool:
        """Makes or checks the cluster and takes a port. True if it was made now.

        Raises PlatformError for a folder that cannot be used, or on which another server runs.
        """
        self.identity, made = prepare_cluster(self.folder, self.binaries)
        other = self.is_left_behind()
        if other is not None:
            raise PlatformError(
                f"Another PostgreSQL runs on {self.data} (process {other}).",
                hint="Stop the platform that it belongs to first: insitechart down",
            )
        self.port = self.port or free_port()
        return made

    def command(self) -> list[str]:
        """The command line of the server, in the foreground. Only after `prepare`."""
        command = [*self.identity.prefix, str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in {**_SETTINGS, "port": str(self.port), **self._options}.items():
            command += ["-c", f"{name}={value}"]
        return command

    def environment(self) -> dict[str, str]:
        """The environment of the server."""
        return clean_environment()

    def start(self) -> None:
        """Starts the server and returns at once."""
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        self.process = spawn(
            self.command(),
            environment=self.environment(),
            log=self.log_file,
            folder=Path("/"),
            end_signal=signal.SIGINT,
            account=self.identity.account,
        )

    async def accepts(self) -> bool:
        """True if the server takes connections now."""
        asked = await asyncio.create_subprocess_exec(
            str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-d", "postgres",
            env=clean_environment(),
        )  # fmt: skip
        return await asked.wait() == 0

    async def ready(self, seconds: float = 60) -> None:
        """Waits until the server takes connections. Raises PlatformError with its own words if it ends first."""
        try:
            async with asyncio.timeout(seconds):
                while not await self.accepts():
                    if self.process is None or self.process.poll() is not None:
                        raise self.failure(last_words(self.log_file, since=self._log_start))
                    await asyncio.sleep(0.02)
        except TimeoutError:
            words = last_words(self.log_file, since=self._log_start)
            raise PlatformError(
                f"PostgreSQL was not ready within {seconds:.0f} s: {words}", hint=f"Read {self.log_file}."
            ) from None

    def failure(self, words: str) -> PlatformError:
        """The error for a server that ended by itself with these words in its log."""
        return explain(words, folder=self.folder, doing="start", log=self.log_file)

    async def stop(self, seconds: float = 20) -> None:
        """Stops the server, if it runs: fast, after `seconds` at once, then by a kill."""
        process = self.process
        if process is None or process.poll() is not None:
            return
        for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            process.send_signal(signum)
            try:
                await asyncio.to_thread(process.wait, seconds)
            except subprocess.TimeoutExpired:
                continue
            return

    def is_left_behind(self) -> int | None:
        """The process of another server on this folder, if there is one."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            return pid if Path(psutil.Process(pid).cwd()).resolve() == self.data.resolve() else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None


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
