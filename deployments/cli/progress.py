"""Shows how far an import is: a moving bar at a terminal, a plain line now and then elsewhere. It does not import."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lib.sources.archive.accounts import Progress as Account

_EVERY_S = 5.0


@contextmanager
def shown_progress(name: str) -> Iterator[Callable[[Account], None]]:
    """Something to call with each account of the import of the file `name`; writes to stderr."""
    if not sys.stderr.isatty():
        yield _PlainLines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[account]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None, account="")

        def show(account: Account) -> None:
            bar.update(task, total=account.size, completed=account.taken, account=_counts(account))

        yield show


class _PlainLines:
    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY_S

    def __call__(self, account: Account) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            left = "" if account.remaining_s is None else f", about {account.remaining_s:,.0f} s left"
            part = 100 * account.taken // max(1, account.size)
            click.echo(f"{account.file}: {part} %, {_counts(account)}{left}", err=True)


def _counts(account: Account) -> str:
    return f"{account.read:,} rows, {account.rejected:,} rejected, {account.rows_per_s:,.0f} rows/s"
