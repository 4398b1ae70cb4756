"""Starts the platform as a process of its own and waits until it is ready. It does not know what is started how.

The new process is an ordinary `insitechart up` in a session of its own whose lines go to `<home>/logs/up.log`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deployments.local.board import read_status
from deployments.local.instance import make_folders

_STEP_S = 0.1


def start_detached(home: Path, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Runs `insitechart up` with `arguments`, passes its lines on to `say` until it is ready, and leaves it running.

    0 once it is ready, else its exit code. Ctrl-C meanwhile stops it again.
    """
    make_folders(home)
    log = home / "logs" / "up.log"
    with log.open("ab") as words:
        begin = words.tell()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "deployments.cli", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
            # the terminal's colours are not meant for a file
            env={**os.environ, "NO_COLOR": "1"},
        )
    with log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(begin)
        try:
            while True:
                code = process.poll()
                ready = _is_ready(home, process.pid)
                for line in lines:
                    say(line.rstrip("\n"))
                if code is not None or ready:
                    return code or 0
                time.sleep(_STEP_S)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise


def _is_ready(home: Path, pid: int) -> bool:
    status = read_status(home)
    return status is not None and status.pid == pid and status.phase == "ready"
