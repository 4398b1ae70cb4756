"""Changes as events of a stream (text/event-stream), in bytes. It does not know who gets them."""

from typing import Any

import msgspec

from api.live.schemas import (
    BarsEvent,
    CoverageEvent,
    ListingsEvent,
    ResetEvent,
    ResetReason,
    SentimentEvent,
    StatusEvent,
)
from lib.domain.changes import Change, Position


def change_event(change: Change) -> bytes:
    """The event that tells of `change`."""
    if change.kind == "everything":
        return reset_event("everything", change.position)
    return _event(change.kind, _data(change), change.position)


def reset_event(reason: ResetReason, position: Position) -> bytes:
    """Tells a client to load anew, and from where it goes on."""
    return _event("reset", ResetEvent(reason=reason), position)


def status_event(*, is_known: bool, position: Position) -> bytes:
    """Tells whether changes are heard of."""
    return _event("status", StatusEvent(source="ok" if is_known else "away"), position)


def heartbeat(position: Position) -> bytes:
    """Shows that the stream is alive. It dispatches no event, but moves the id from which the client would go on: past
    everything that was sent, or that it did not want.
    """
    return f": heartbeat\nid: {position}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """How long a client that lost the connection waits before it comes again."""
    return f"retry: {milliseconds}\n\n".encode()


def _event(name: str, data: msgspec.Struct, position: Position) -> bytes:
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (str(position).encode(), name.encode(), msgspec.json.encode(data))


def _data(change: Change) -> msgspec.Struct:
    # the rows are JSON already, and put in as they are
    rows: Any = msgspec.Raw(change.newest.encode())
    extent: dict[str, Any] = {
        "since": change.since,
        "until": change.until,
        "changed": change.written,
        "removed": change.removed,
        "observed_at": change.observed_at,
    }
    match change.kind:
        case "sentiment":
            return SentimentEvent(symbol=change.symbol, scorer=change.part, buckets=rows, **extent)
        case "bars":
            return BarsEvent(symbol=change.symbol, interval=change.part, bars=rows, **extent)
        case "listings":
            (listing,) = msgspec.json.decode(change.newest) or [None]
            return ListingsEvent(symbol=change.symbol, removed=bool(change.removed), listing=listing)
        case "coverage":
            states = [item["state"] for item in msgspec.json.decode(change.newest)]
            return CoverageEvent(source=change.part, states=states, **extent)
    raise ValueError(f"changes of {change.kind} are not told")
