"""Secret keys and what is derived from them. Pure: it does not know where they are kept, nor what they sign.

A key has an id that everything signed with it carries. The first of a ring signs, the others verify what they signed
before. No secret is used as it is: each purpose has a key of its own, derived with HKDF (RFC 5869), so that nothing
signed for one purpose means anything for another.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from lib.errors import ConfigurationError

Purpose = Literal["access-tokens", "mail-links", "refresh-tokens", "alert-webhooks"]

SECRET_BYTES = 32
_SHORTEST = 32
_FEWEST_SIGNS = 10
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MADE = "%Y%m%dT%H%M%SZ"
_ACCEPTED = "Keys are id:secret, separated by commas or line ends; make one with `insitechart keys new`."


class Key(Struct, frozen=True):
    """One secret under its id. It shows its id alone."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id!r})"

    @property
    def made_at(self) -> datetime | None:
        """When it was made (UTC), where its id says so as those made here do."""
        try:
            return datetime.strptime(self.id.partition("-")[0], _MADE).replace(tzinfo=UTC)
        except ValueError:
            return None

    def derived(self, purpose: Purpose, context: bytes = b"") -> bytes:
        """32 bytes for `purpose` alone; `context` tells further keys of one purpose apart."""
        return _derived(self.secret, purpose, context)


class Keys(Struct, frozen=True):
    """A ring of at least one key; the first signs."""

    all: tuple[Key, ...]

    @property
    def signing(self) -> Key:
        """The newest, which signs."""
        return self.all[0]

    def get(self, key_id: str) -> Key | None:
        """The key with this id, if it still verifies."""
        return next((key for key in self.all if key.id == key_id), None)


def new_key(now: datetime) -> Key:
    """A fresh random key whose id says when it was made, to the second."""
    made = now.astimezone(UTC).strftime(_MADE)
    return Key(f"{made}-{secrets.token_hex(3)}", secrets.token_urlsafe(SECRET_BYTES).encode())


def parse_keys(text: str) -> Keys:
    """The ring that `text` writes as id:secret, the signing one first; lines that begin with # are left out.

    Raises ConfigurationError, which never repeats a secret, for what cannot be used.

    >>> parse_keys("b:0123456789abcdefghijklmnopqrstuv, a:vutsrqponmlkjihgfedcba9876543210").signing
    Key('b')
    """
    lines = (part.strip() for line in text.splitlines() if not line.strip().startswith("#") for part in line.split(","))
    keys = tuple(_parsed(line, place) for place, line in enumerate(filter(None, lines), start=1))
    if not keys:
        raise ConfigurationError("There is no secret key.", hint=_ACCEPTED)
    if len({key.id for key in keys}) < len(keys):
        raise ConfigurationError("Two secret keys have the same id.", hint=_ACCEPTED)
    return Keys(keys)


def write_keys(keys: Iterable[Key]) -> str:
    """What parse_keys reads, a line for each."""
    return "".join(f"{key.id}:{key.secret.decode()}\n" for key in keys)


def _parsed(line: str, place: int) -> Key:
    key_id, _, secret = line.partition(":")
    if not _ID.fullmatch(key_id):
        raise ConfigurationError(f"Secret key number {place} has no usable id.", hint=_ACCEPTED)
    if len(secret) < _SHORTEST or len(set(secret)) < _FEWEST_SIGNS:
        raise ConfigurationError(
            f"Secret key number {place} is too weak: {_SHORTEST} random characters are the least.", hint=_ACCEPTED
        )
    return Key(key_id, secret.encode())


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: Purpose, context: bytes) -> bytes:
    info = b"insitechart/" + purpose.encode() + b"/1/" + context
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
