"""Opaque page cursors: where the next page begins, in text that clients hand back unread. It does not know what is
paged.
"""

import base64
import binascii
from typing import TypeVar

import msgspec

from api.problems import BadParameter

Position = TypeVar("Position")


def write_cursor(position: object) -> str:
    """`position` (anything msgspec encodes) as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).rstrip(b"=").decode()


def read_cursor(text: str, kind: type[Position]) -> Position:
    """What write_cursor was given, as `kind`. Raises BadParameter for any other text."""
    try:
        packed = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        return msgspec.msgpack.decode(packed, type=kind)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise BadParameter(
            "cursor", "The cursor was not made by this list.", accepted="the `next` of the page before"
        ) from None
