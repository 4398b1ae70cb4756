"""pg_receivewal as a child process: started, asked why it ended, stopped. It does not know what it writes.

It ends with the thread that started it, even when that is killed, so it belongs into the main thread.
"""

import asyncio
import signal
import subprocess
from enum import Enum, auto
from pathlib import Path

from lib.backup.programs import connection_environment
from lib.processes import last_words, spawn

_LARGEST_LOG = 5 * 1024 * 1024


class Ended(Enum):
    """Why it ended."""

    AWAY = auto()  # the server does not answer, or whatever passes by itself
    LOST = auto()  # the server has let go of what is wanted
    ELSEWHERE = auto()  # what lies in the folder is not of this server's past
    REFUSED = auto()  # it may not


_WORDS = {
    Ended.LOST: (
        "has already been removed",
        "this slot has been invalidated",
        "can no longer access replication slot",
        "can no longer get changes from replication slot",
    ),
    Ended.ELSEWHERE: ("is not in this server's history", "is ahead of the wal flush position"),
    Ended.REFUSED: (
        "no pg_hba.conf entry",
        "must be superuser or replication",
        "permission denied to start wal sender",
        "password authentication failed",
    ),
}


class Receiver:
    """One pg_receivewal at a time, from the server at `url` through `slot` into `folder`."""

    def __init__(self, url: str, slot: str, folder: Path, programs: Path) -> None:
        self._url, self._slot, self._folder, self._programs = url, slot, folder, programs
        self._log = folder.parent / "receiver.log"
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process while it runs."""
        return self._process.pid if self.is_running() and self._process else None

    @property
    def was_started(self) -> bool:
        """True once it was started."""
        return self._process is not None

    def is_running(self) -> bool:
        """True while it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts it."""
        if self._log.exists() and self._log.stat().st_size > _LARGEST_LOG:
            self._log.replace(self._log.with_suffix(".log.1"))
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        # a word on how far it is goes to the server each second: only that tells zeros that were written from others
        command: list[str | Path] = [
            self._programs / "pg_receivewal", f"--directory={self._folder}", f"--slot={self._slot}", "--no-loop",
            "--no-password", "--status-interval=1",
        ]  # fmt: skip
        environment = {**connection_environment(self._url), "PGAPPNAME": "insitechart-archive"}
        self._process = spawn(command, environment=environment, log=self._log, folder=Path("/"))

    def why(self) -> tuple[Ended, str]:
        """Why it ended, and its last words."""
        words = last_words(self._log, since=self._log_start)
        lowered = words.lower()
        for reason, fragments in _WORDS.items():
            if any(fragment in lowered for fragment in fragments):
                return reason, words
        return Ended.AWAY, words

    async def stop(self) -> None:
        """Ends it, if it runs."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        for signum, patience in ((signal.SIGINT, 5), (signal.SIGKILL, 30)):
            process.send_signal(signum)
            try:
                await asyncio.to_thread(process.wait, patience)
            except subprocess.TimeoutExpired:
                continue
            return
