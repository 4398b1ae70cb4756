"""Child processes that end with their parent, and the end of what they wrote. It does not know what they are for.

Linux tells a child when the *thread* that made it ends, so `spawn` belongs into the main thread. Elsewhere nothing is
told; whoever needs the same certainty there keeps a guard (deployments/local/guard.py).
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

_PR_SET_PDEATHSIG = 1
_TAIL_BYTES = 64 * 1024
_FATAL = re.compile(r"\b(FATAL|PANIC):")
_RAISED = re.compile(r"[\w.]*(Error|Exception)\b")
_ERROR = re.compile(r"\berror\b", re.IGNORECASE)


class Account(NamedTuple):
    """The operating system's user and group of a process."""

    user: int
    group: int


def is_alive(pid: int, created: float) -> bool:
    """True while this very process runs; one that ended and was not waited for does not count."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def spawn(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    log: Path,
    folder: Path | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own, in `folder`, its words appended to `log`.

    It is sent `end_signal` when the calling thread ends for whatever reason (Linux). `account` needs root.
    """
    with log.open("ab") as words:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=bound_to_parent(end_signal),
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )


def last_words(log: Path, *, since: int = 0) -> str:
    """The last telling line that was written to `log` after its first `since` bytes, for an error message."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return "it left no log."
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # of PostgreSQL's fatal lines the first is the cause, later ones are consequences, and what it answers to those who
    # come too early is neither; Python says the cause last, as `SomeError: …` at the beginning of a line
    fatal = [line for line in lines if _FATAL.search(line) and "the database system is " not in line]
    raised = [line for line in lines if _RAISED.match(line)]
    telling = fatal[:1] or raised[-1:] or [line for line in lines if _ERROR.search(line)][-1:] or lines[-1:]
    return telling[0] if telling else "it wrote nothing."


def bound_to_parent(signum: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before it becomes its program, so that it is sent `signum` when the calling thread ends; None
    where the system does not know how (Linux does).
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def bind() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signum)
        # the parent may have ended between the fork and the line above, and would then never be told of
        if os.getppid() != parent:
            os._exit(1)

    return bind
