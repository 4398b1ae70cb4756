"""The guard: a small process that ends a platform whose supervisor is gone, however it went. It starts nothing.

It reads a pipe from the supervisor: one line for each change of what runs. The pipe closes when the supervisor ends;
what the last line names is then stopped, in order. It holds the platform's lock until that is done, so that nobody
starts in between.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from deployments.local.stopping import Group, stop_in_order

_AT_MOST_S = 4.0


class Guard:
    """The supervisor's handle on its guard: `tell` each change, `check` now and then, `dismiss` at the end."""

    def __init__(self, marker: str, lock: int, log: Path) -> None:
        self._marker = marker
        self._lock = lock
        self._log = log
        self._groups: list[Group] = []
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, groups: list[Group]) -> None:
        """From now on `groups` are what is to be stopped, in this order."""
        self._groups = groups
        self._write()

    def check(self) -> bool:
        """Starts a new guard if this one is gone; True if it was."""
        if self._process.poll() is None:
            return False
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = self._start()
        self._write()
        return True

    def dismiss(self) -> None:
        """Lets the guard go: it ends at once if nothing is left to stop."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "deployments.local.guard", self._marker],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                start_new_session=True,
            )

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(json.dumps(self._groups).encode() + b"\n")
            pipe.flush()
        except BrokenPipeError:
            # it was killed just now: `check` starts another, and tells it
            return


def main() -> None:
    """Waits for the end of the supervisor, then for the end of everything else."""
    # whoever addresses the terminal or the whole session means the supervisor; the guard outlives it by design
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    groups: list[Group] = []
    for line in sys.stdin.buffer:
        if line.endswith(b"\n"):
            groups = [Group(*fields) for fields in json.loads(line)]
    if groups:
        sys.stderr.write(f"guard {os.getpid()}: the supervisor is gone, stopping {len(groups)} parts\n")
    stop_in_order(groups, sys.argv[1], at_most_s=_AT_MOST_S)


if __name__ == "__main__":
    main()
