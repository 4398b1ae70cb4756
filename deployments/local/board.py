"""What state each part of the platform is in, kept for the terminal and in `<home>/run/status.json` for everybody else.

It does not know why a state changes, nor how it is shown.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

State = Literal["waiting", "starting", "ready", "not answering", "restarting", "stopping", "stopped", "done", "failed"]
Phase = Literal["starting", "ready", "stopping"]


class PartStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One part. `since` (UTC) is when it came into this state, `detail` a few words for a person."""

    name: str
    state: State = "waiting"
    detail: str = ""
    address: str = ""
    pid: int | None = None
    since: datetime
    restarts: int = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole platform. `notes` are sentences that a person should read."""

    pid: int
    phase: Phase
    started_at: datetime
    parts: list[PartStatus]
    notes: list[str] = []


Listener = Callable[[PartStatus | None, Status], None]


class Board:
    """The states of all parts, `names` first. `listener` hears of each change: the part (or None) and the whole."""

    def __init__(self, file: Path, names: Iterable[str], listener: Listener) -> None:
        now = datetime.now(UTC)
        self._file = file
        self._listener = listener
        self._parts = {name: PartStatus(name=name, since=now) for name in names}
        self._notes: list[str] = []
        self._phase: Phase = "starting"
        self._started_at = now

    @property
    def status(self) -> Status:
        """The state of everything now."""
        return Status(
            pid=os.getpid(),
            phase=self._phase,
            started_at=self._started_at,
            parts=list(self._parts.values()),
            notes=list(self._notes),
        )

    def change(
        self, name: str, state: State, detail: str = "", *, pid: int | None = None, address: str | None = None
    ) -> None:
        """Part `name` is now in `state`; coming to "restarting" counts as one more restart."""
        before = self._parts.get(name) or PartStatus(name=name, since=datetime.now(UTC))
        after = PartStatus(
            name=name,
            state=state,
            detail=detail,
            pid=pid,
            address=before.address if address is None else address,
            since=before.since if before.state == state else datetime.now(UTC),
            restarts=before.restarts + (state == "restarting"),
        )
        if after != before:
            self._parts[name] = after
            self._publish(after)

    def note(self, sentence: str) -> None:
        """Something that a person should read, now and whenever the status is asked for."""
        self._notes.append(sentence)
        self._publish(None)

    def enter(self, phase: Phase) -> None:
        """The platform as a whole is now in `phase`."""
        self._phase = phase
        self._publish(None)

    def _publish(self, part: PartStatus | None) -> None:
        status = self.status
        self._listener(part, status)
        # the file is a courtesy to others: a disk that has become full must not end what runs well
        with suppress(OSError):
            making = self._file.with_suffix(".making")
            making.write_bytes(msgspec.json.encode(status))
            making.replace(self._file)


def status_file(home: Path) -> Path:
    """Where the status of the platform in `home` is kept."""
    return home / "run" / "status.json"


def read_status(home: Path) -> Status | None:
    """The status that was last written in `home`, or None. `instance.holder` says if it still runs."""
    try:
        return msgspec.json.decode(status_file(home).read_bytes(), type=Status)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
