"""Signed texts in mailed links: purpose, row and end, under a key for mailed links alone. Pure but for the keyring.

The signature is kept nowhere, so that who reads the database cannot follow a link; that it is followed once is the
row's business (lib/db/users/links.py).
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from lib.db.users.links import LinkPurpose
from lib.keyring.keys import Key
from lib.keyring.ring import Keyring

_LONGEST = 400


def write_link(keyring: Keyring, purpose: LinkPurpose, link_id: UUID, expires_at: datetime) -> str:
    """The text that stands in a mail: what it is for, and the signature, in signs that need no escaping in a URL."""
    key = keyring.signing
    signed = f"{purpose}.{link_id.hex}.{int(expires_at.timestamp())}.{_encoded(key.id.encode())}"
    return f"{signed}.{_encoded(_signature(key, signed))}"


def read_link(keyring: Keyring, text: str, now: datetime | None = None) -> tuple[LinkPurpose, UUID] | None:
    """Purpose and row of a text that was signed here and has not expired by `now` (UTC); None for any other."""
    signed, _, signature = text[: _LONGEST + 1].rpartition(".")
    parts = signed.split(".")
    if len(text) > _LONGEST or len(parts) != 4 or not text.isascii():
        return None
    purpose, link_id, ends, key_id = parts
    try:
        key = keyring.get(_decoded(key_id).decode())
        given = _decoded(signature)
        if key is None or not hmac.compare_digest(given, _signature(key, signed)):
            return None
    except ValueError:
        return None
    # signed here, so it is well formed
    found = next(known for known in get_args(LinkPurpose) if known == purpose)
    return None if (now or datetime.now(UTC)).timestamp() > int(ends) else (found, UUID(link_id))


def _signature(key: Key, text: str) -> bytes:
    return hmac.digest(key.derived("mail-links"), text.encode(), hashlib.sha256)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
