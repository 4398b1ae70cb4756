"""Ends groups of processes in order: asked first, killed after a bounded time. It does not know what they do.

Used by the supervisor, and by the guard when there is no supervisor any more; so it needs neither an event loop nor to
be the parent.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

from lib.processes import is_alive

# in the environment of every process of a platform, with the platform's own value
MARKER = "INSITECHART_PLATFORM"

_STEP_S = 0.05
_HURRIED_S = 1.0
_STRAYS_S = 3.0


class Group(NamedTuple):
    """A part's first process, leader of a session; `created` tells it from a later one with the same number.

    It is asked to end with `signum` and has `patience_s` for it.
    """

    name: str
    pid: int
    created: float
    signum: int
    patience_s: float


def group_of(name: str, pid: int, *, signum: signal.Signals, patience_s: float) -> Group:
    """The group that process `pid`, a child that was not waited for yet, leads."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.Error:
        created = 0.0
    return Group(name, pid, created, int(signum), patience_s)


def stop_in_order(
    groups: Sequence[Group],
    marker: str,
    *,
    at_most_s: float = 60,
    hurry: Callable[[], bool] = lambda: False,
    told: Callable[[str, str], None] = lambda _name, _word: None,
) -> None:
    """Ends `groups` one after the other, then whatever else carries `marker`; returns when nothing of it is left.

    What the first group has left behind is ended before the second group is touched, for it uses what comes after.
    `told` hears each group's name with "stopping" and "stopped". Each is waited for as long as its patience and
    `at_most_s` allow, or hardly at all once `hurry` says so.
    """
    for number, group in enumerate(groups):
        told(group.name, "stopping")
        _stop(group, min(group.patience_s, at_most_s), hurry)
        if number == 0:
            stop_strays(marker, spare=[later.pid for later in groups[1:]])
        told(group.name, "stopped")
    stop_strays(marker, spare=[])


def stop_strays(marker: str, *, spare: Sequence[int]) -> int:
    """Ends every process with `marker`, except those in the sessions that `spare` leads; how many there were."""
    found = list(_marked(marker, spare))
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(found, timeout=_STRAYS_S)
    # one that was being made while the list was taken is found by asking again
    for process in [*stubborn, *_marked(marker, spare)]:
        with suppress(psutil.Error):
            process.kill()
    return len(found)


def _stop(group: Group, patience_s: float, hurry: Callable[[], bool]) -> None:
    if is_alive(group.pid, group.created):
        with suppress(ProcessLookupError):
            os.kill(group.pid, group.signum)
        started = time.monotonic()
        while is_alive(group.pid, group.created):
            waited = time.monotonic() - started
            if waited > patience_s or (waited > _HURRIED_S and hurry()):
                break
            time.sleep(_STEP_S)
        else:
            # the number may be taken again once nothing of the group is left, so what is left is looked at one by one
            _kill_members(group)
            return
        with suppress(ProcessLookupError):
            os.killpg(group.pid, signal.SIGKILL)
    _kill_members(group)


def _kill_members(group: Group) -> None:
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group.pid and process.create_time() >= group.created - 1:
                process.kill()


def _marked(marker: str, spare: Sequence[int]) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        # another user's processes cannot be read and are not ours
        with suppress(psutil.Error, ProcessLookupError):
            mine = process.environ().get(MARKER) == marker and process.status() != psutil.STATUS_ZOMBIE
            if mine and process.pid != os.getpid() and os.getsid(process.pid) not in spare:
                yield process
