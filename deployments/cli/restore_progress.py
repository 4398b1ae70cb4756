"""Shows how far a restore is: a moving bar at a terminal, a plain line now and then elsewhere. It does not restore."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from lib.backup.pitr.restore import Step

_EVERY_S = 5.0
_WORDS = {"base": "base backup", "log": "log", "recovery": "replaying the log"}


@contextmanager
def shown_steps() -> Iterator[Callable[[Step], None]]:
    """Something to call with each step, from any thread; writes to stderr."""
    if not sys.stderr.isatty():
        yield _PlainLines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[account]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            if step.phase not in tasks:
                tasks[step.phase] = bar.add_task(_WORDS[step.phase], total=step.total or None, account="")
            bar.update(tasks[step.phase], completed=step.done, total=step.total or None, account=_account(step))

        yield show


class _PlainLines:
    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY_S
        self._phase = ""

    def __call__(self, step: Step) -> None:
        is_new = step.phase == "recovery" and step.phase != self._phase
        if is_new or time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            self._phase = step.phase
            click.echo(" ".join(filter(None, (_WORDS[step.phase], _account(step)))), err=True)


def _account(step: Step) -> str:
    if step.phase == "base":
        return f"{step.done / 1e6:,.0f} of {step.total / 1e6:,.0f} MB"
    return f"{step.done:,} of {step.total:,} segments" if step.phase == "log" else ""
