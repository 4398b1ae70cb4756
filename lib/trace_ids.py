"""Ids of requests and runs that are ids of traces, too, as W3C Trace Context writes them. It does not know who asks.

One id goes from the gateway through the API to the database's log lines, and from a flow run to the webhooks that it
sends: 32 hexadecimal digits in lower case.
"""

import re
from hashlib import sha256
from typing import NamedTuple

# a later version may add parts at the end, and is read like this one; ff will never be one
_TRACEPARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_HEX = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16


class Parent(NamedTuple):
    """Whose part a request is: the trace, the span that asked (both in hexadecimal), and whether it is recorded."""

    trace_id: str
    span_id: str
    sampled: bool


def parent_in(traceparent: bytes) -> Parent | None:
    """What a header `traceparent` says; None for one that is not well-formed."""
    found = _TRACEPARENT.fullmatch(traceparent) if len(traceparent) <= 512 else None
    if found is None or (found[1] == b"00" and len(traceparent) != 55):
        return None
    if found[2] == _NO_TRACE or found[3] == _NO_SPAN:
        return None
    return Parent(found[2].decode(), found[3].decode(), bool(int(found[4], 16) & 1))


def trace_id_of(request_id: str) -> str:
    """The id of the trace of a request or run: its id itself where it is one, or a UUID; else made out of it, always
    the same.
    """
    if _HEX.fullmatch(request_id) and request_id.strip("0"):
        return request_id
    if _UUID.fullmatch(request_id) and request_id.strip("0-"):
        return request_id.replace("-", "")
    return sha256(request_id.encode()).hexdigest()[:32]


def traceparent(request_id: str, span_id: str, *, sampled: bool) -> str:
    """The header that tells others whose part their work is. `span_id` is 16 hexadecimal digits, not all of them 0."""
    return f"00-{trace_id_of(request_id)}-{span_id}-{'01' if sampled else '00'}"
