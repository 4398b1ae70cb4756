"""PostgreSQL's own programs as backups use them: of the server's version, given its address in the environment, and
ended with whoever started them. It does not know what they are wanted for.
"""

import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, unquote, urlsplit

from lib.errors import BackupFailed, ConfigurationError
from lib.postgres.binaries import find_binaries
from lib.postgres.cluster import clean_environment
from lib.processes import bound_to_parent

# libpq's variables for the parts of an address; a password never stands in a command line, which everybody may read
_VARIABLES = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}


def connection_environment(url: str) -> dict[str, str]:
    """The environment in which PostgreSQL's programs find the database at `url`; it holds the password.

    Raises ConfigurationError for an address of no PostgreSQL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ConfigurationError(
            "The address of the database is none.", hint="postgresql://user:password@host:5432/name"
        )
    found = {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.strip("/")),
        "PGCONNECT_TIMEOUT": "15",
        "PGAPPNAME": "insitechart-backup",
        "PGTZ": "UTC",
    }
    options = {_VARIABLES[name]: value for name, value in parse_qsl(parts.query) if name in _VARIABLES}
    return {**clean_environment(), **{name: value for name, value in found.items() if value}, **options}


def programs_of(major: int, configured: Path | None = None) -> Path:
    """The folder of PostgreSQL's programs of exactly this major version: others cannot read what its server writes.

    Raises PlatformError where there are none.
    """
    return find_binaries(configured, major=major)


@contextmanager
def piped(
    command: Sequence[str | Path], environment: Mapping[str, str], *, source: IO[bytes] | int | None = None
) -> Iterator["Piped"]:
    """Starts `command` with its output, and with `source=subprocess.PIPE` its input, at hand.

    It is killed if it still runs on leaving. `finish` tells whether it did what it was for.
    """
    with tempfile.TemporaryFile(prefix="insitechart-") as words:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=source if source is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
            preexec_fn=bound_to_parent(signal.SIGKILL),
        )
        try:
            yield Piped(process, words, Path(str(command[0])).name)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for end in (process.stdin, process.stdout):
                if end is not None:
                    # what it did not take is lost with it
                    with suppress(BrokenPipeError):
                        end.close()


class Piped:
    """A running program: its pipes and, once it has ended, whether it did what it was for."""

    def __init__(self, process: subprocess.Popen[bytes], words: IO[bytes], name: str) -> None:
        self.process, self._words, self.name = process, words, name

    @property
    def pid(self) -> int:
        return self.process.pid

    def pieces(self, size: int = 256 * 1024) -> Iterator[bytes]:
        """What it writes, to its end. Raises BackupFailed with its own words if it ended badly."""
        assert self.process.stdout is not None
        while piece := self.process.stdout.read1(size):  # type: ignore[attr-defined]
            yield piece
        self.finish()

    def finish(self) -> None:
        """Waits for its end. Raises BackupFailed with its own words if it ended badly."""
        code = self.process.wait()
        if code != 0:
            raise BackupFailed(f"{self.name} ended with {_how(code)}: {self.words()}")

    def words(self) -> str:
        """The last of what it said."""
        self._words.seek(0)
        lines = self._words.read()[-20_000:].decode("utf-8", errors="replace").splitlines()
        telling = [line for line in lines if "error:" in line or "FATAL" in line] or lines
        return telling[0].strip() if telling else "it said nothing."


def run(command: Sequence[str | Path], environment: Mapping[str, str], *, seconds: float = 600) -> bytes:
    """Runs `command` to its end; its output. Raises BackupFailed with its own words if it ends badly or not in time."""
    try:
        done = subprocess.run(
            [str(word) for word in command], env=dict(environment), cwd="/", stdin=subprocess.DEVNULL,
            capture_output=True, timeout=seconds, check=False, preexec_fn=bound_to_parent(signal.SIGKILL),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BackupFailed(f"{Path(str(command[0])).name} did not end within {seconds:.0f} s.") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        words = next((line for line in said if "error:" in line or "FATAL" in line), said[0] if said else "no word")
        raise BackupFailed(f"{Path(str(command[0])).name} ended with {_how(done.returncode)}: {words}")
    return done.stdout


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
