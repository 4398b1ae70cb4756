"""What a person sees: a live line per part at a terminal, plain lines elsewhere. It does not decide anything."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deployments.local.board import PartStatus, Status
from deployments.local.parts import Addresses

_COLOURS = {
    "ready": "green",
    "done": "green",
    "starting": "yellow",
    "waiting": "dim",
    "restarting": "red",
    "not answering": "red",
    "failed": "red",
    "stopping": "yellow",
    "stopped": "dim",
}


class Terminal(Protocol):
    """Hears what happens. Never raises: that nobody listens any more must not end the platform half-way."""

    def changed(self, part: PartStatus | None, status: Status) -> None:
        """A part came into another state (None: something about the whole)."""

    def ready(self, addresses: Addresses, status: Status) -> None:
        """Everything is up."""

    def tick(self) -> None:
        """Some time went by."""

    def close(self) -> None:
        """Nothing more will be told."""


def open_terminal(stream: TextIO | None = None) -> Terminal:
    """The live display if `stream` (stdout) is a terminal, else plain lines."""
    stream = stream or sys.stdout
    return LiveTerminal(stream) if stream.isatty() else PlainTerminal(stream)


def address_lines(addresses: Addresses, status: Status) -> list[str]:
    """What to open in a browser and what to tell other programs, of the parts that run."""
    running = {part.name for part in status.parts}
    lines = []
    if "api" in running:
        lines += [("API", f"{addresses.api_url}/api/v1"), ("API docs", f"{addresses.api_url}/docs")]
    if "prefect" in running:
        lines += [("Prefect UI", addresses.prefect_url)]
        lines += [("for prefect", f"export PREFECT_API_URL={addresses.prefect_api_url}")]
    return [f"{label:<12} {value}" for label, value in lines]


class PlainTerminal:
    """One line for each thing that happens; fit for a log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._notes = 0

    def changed(self, part: PartStatus | None, status: Status) -> None:
        if part is not None and part.state != "waiting":
            self._write(f"{part.name:<9} {part.state}" + (f": {part.detail}" if part.detail else ""))
        for note in status.notes[self._notes :]:
            self._write(note)
        self._notes = len(status.notes)

    def ready(self, addresses: Addresses, status: Status) -> None:
        self._write("Ready. Ctrl-C, or `insitechart down` elsewhere, stops everything.")
        for line in address_lines(addresses, status):
            self._write(f"  {line}")

    def tick(self) -> None:
        return

    def close(self) -> None:
        return

    def _write(self, line: str) -> None:
        _unless_gone(lambda: print(line, file=self._stream, flush=True))


class LiveTerminal:
    """A table that stays in place: part, state, how long, address."""

    def __init__(self, stream: TextIO) -> None:
        self._status: Status | None = None
        self._addresses: Addresses | None = None
        # no refreshing thread: processes are made here, and that is no business for a program with threads
        self._live = Live(console=Console(file=stream), auto_refresh=False, get_renderable=self._picture)
        _unless_gone(self._live.start)

    def changed(self, part: PartStatus | None, status: Status) -> None:
        self._status = status
        # what scrolls away with the table must stay readable above it
        if part is not None and part.state in ("restarting", "failed"):
            line = Text(f"{datetime.now().astimezone():%H:%M:%S} {part.name} {part.state}: {part.detail}", style="red")
            _unless_gone(lambda: self._live.console.print(line))
        self.tick()

    def ready(self, addresses: Addresses, status: Status) -> None:
        self._status = status
        self._addresses = addresses
        self.tick()

    def tick(self) -> None:
        _unless_gone(self._live.refresh)

    def close(self) -> None:
        _unless_gone(self._live.stop)

    def _picture(self) -> RenderableType:
        if self._status is None:
            return Text("starting …", style="dim")
        table = Table(box=None, pad_edge=False, show_header=False)
        now = datetime.now(UTC)
        for part in self._status.parts:
            again = f"restarted {part.restarts}×" if part.restarts else ""
            details = " · ".join(filter(None, (part.detail, again)))
            state = Text(part.state, style=_COLOURS[part.state])
            table.add_row(Text(part.name, style="bold"), state, _span(now - part.since), part.address, details)
        below = [Text(f"! {note}", style="yellow") for note in self._status.notes]
        if self._addresses and self._status.phase == "ready":
            below += [Text(line) for line in address_lines(self._addresses, self._status)]
            below.append(Text("Ctrl-C stops everything.", style="dim"))
        elif self._status.phase == "stopping":
            below.append(Text("Stopping in order; Ctrl-C again hurries.", style="dim"))
        return Group(table, *below)


def _span(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h {seconds % 3600 // 60} min"


def _unless_gone(write: Callable[[], object]) -> None:
    try:
        write()
    except OSError:
        # the terminal or the pipe is gone; everything from here on goes nowhere, quietly
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
