"""Opaque page cursors: where the next page begins, in text that clients hand back unread. It does not know what is
paged.
"""

import base64
import binascii
from datetime import datetime
from typing import TypeVar

import msgspec

from api.problems import BadParameter

Position = TypeVar("Position")


def write_cursor(position: object) -> str:
    """`position` (anything msgspec encodes) as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).rstrip(b"=").decode()


def read_cursor(text: str, kind: type[Position]) -> Position:
    """What write_cursor was given, as `kind`. Raises BadParameter for any other text, and for what no database can
    hold.
    """
    refused = BadParameter("cursor", "The cursor was not made by this list.", accepted="the `next` of the page before")
    try:
        packed = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        found = msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise refused from None
    if not all(_fits(part) for part in (found if isinstance(found, tuple) else (found,))):
        raise refused
    return found


def _fits(part: object) -> bool:
    match part:
        case int():
            return -(2**63) <= part < 2**63
        case str():
            return "\x00" not in part
        case datetime():
            # at the ends of the calendar an offset leads out of it
            return part.tzinfo is not None and 1 < part.year < 9999
    return True
