"""Random secrets that clients keep: API keys and refresh tokens. Pure. It does not know where their hashes are kept.

`ick_` and `icr_` tell people and scanners of leaked secrets what they see; a checksum at the end lets a typing error,
or a guess, be refused without asking the database. 256 random bits need no slow hash: SHA-256 is what is kept.
"""

import base64
import hashlib
import re
import secrets
from typing import Literal
from zlib import crc32

SecretKind = Literal["ick", "icr"]

API_KEY: SecretKind = "ick"
REFRESH: SecretKind = "icr"

BYTES = 32
_SHOWN = 12
_SECRET = re.compile(r"(ick|icr)_[a-z2-7]{52}[a-z2-7]{7}")


def new_secret(kind: SecretKind) -> str:
    """A fresh one."""
    return write_secret(kind, secrets.token_bytes(BYTES))


def write_secret(kind: SecretKind, random: bytes) -> str:
    """32 bytes as text: the kind, the bytes, and a checksum over both, in small letters and digits."""
    body = f"{kind}_{_letters(random)}"
    return body + _checksum(body)


def is_secret(kind: SecretKind, text: str) -> bool:
    """Whether `text` is written as one of `kind`, with a checksum that holds."""
    return bool(_SECRET.fullmatch(text)) and text.startswith(f"{kind}_") and text[-7:] == _checksum(text[:-7])


def hash_of(secret: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(secret.encode()).digest()


def shown_of(secret: str) -> str:
    """Its beginning, by which people tell their keys apart."""
    return secret[:_SHOWN]


def _checksum(text: str) -> str:
    return _letters(crc32(text.encode()).to_bytes(4, "big"))


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
