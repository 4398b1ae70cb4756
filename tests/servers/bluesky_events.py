"""Events as a Jetstream words them, for tests to publish; any of their fields may then be spoiled. No server here."""

from datetime import UTC, datetime
from typing import Any

POSTS = "app.bsky.feed.post"

Event = dict[str, Any]


def post(
    text: str,
    *,
    time_us: int,
    rkey: str,
    did: str = "did:plc:somebody",
    operation: str = "create",
    created_at: str | None = None,
    langs: tuple[str, ...] = ("en",),
    **record: Any,
) -> Event:
    """A post, or with operation `update` its new words; `created_at` is the author's clock, otherwise the server's."""
    words = {
        "$type": POSTS,
        "createdAt": created_at or _rfc3339(time_us),
        "langs": list(langs),
        "text": text,
        **record,
    }
    commit = {
        "rev": rkey,
        "operation": operation,
        "collection": POSTS,
        "rkey": rkey,
        "record": words,
        "cid": f"b{rkey}",
    }
    return {"did": did, "time_us": time_us, "kind": "commit", "commit": commit}


def deletion(*, time_us: int, rkey: str, did: str = "did:plc:somebody") -> Event:
    """A post is deleted by its author."""
    commit = {"rev": rkey, "operation": "delete", "collection": POSTS, "rkey": rkey}
    return {"did": did, "time_us": time_us, "kind": "commit", "commit": commit}


def identity(*, time_us: int, did: str = "did:plc:somebody") -> Event:
    """Somebody has another handle, or says so."""
    said = {"did": did, "handle": "somebody.example", "seq": 1, "time": _rfc3339(time_us)}
    return {"did": did, "time_us": time_us, "kind": "identity", "identity": said}


def account(*, time_us: int, did: str = "did:plc:somebody", active: bool = False, status: str | None = None) -> Event:
    """An account is active (again), or is not for the reason `status`."""
    said: Event = {"active": active, "did": did, "seq": 1, "time": _rfc3339(time_us)}
    if status is not None:
        said["status"] = status
    return {"did": did, "time_us": time_us, "kind": "account", "account": said}


def uri(rkey: str, did: str = "did:plc:somebody") -> str:
    """The name under which the network knows a post."""
    return f"at://{did}/{POSTS}/{rkey}"


def _rfc3339(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
