"""How long logging in is refused after failures. Pure. It does not know where failures are counted.

Three are counted: those of an account from one address, those of an account from anywhere, those of an address with
any account. Each lock is twice as long as the one before, and no longer than a quarter of an hour; while it lasts
nothing is tried and nothing counted, so that it always ends. What is counted from anywhere does not hold where the
person has been before, and a new password by mail clears it: who fails on purpose cannot keep anybody out. Mails are
counted by what they are about, or whoever asks for others would keep that one back.
"""

import hashlib
from datetime import timedelta
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from lib.domain.networks import one_client

Counted = Literal["pair", "account", "address", "mail", "export"]
Mail = Literal["register", "resend", "reset", "email"]

FORGET_AFTER = timedelta(hours=24)
LONGEST = timedelta(minutes=15)

_FIRST = timedelta(seconds=2)
# how many failures are free; an office behind one address, or a forgetful person, is not an attack
_FREE: dict[Counted, int] = {"pair": 5, "account": 20, "address": 50, "mail": 3, "export": 10}


class Throttles(NamedTuple):
    """The keys under which the failures of one attempt are counted."""

    pair: bytes
    account: bytes
    address: bytes

    def counted(self, *, known: bool) -> dict[Counted, bytes]:
        """Those that hold; `known` says that the person has been at this address."""
        everywhere: dict[Counted, bytes] = {} if known else {"account": self.account}
        return {"pair": self.pair, "address": self.address, **everywhere}


def throttles(email: str, address: str | None) -> Throttles:
    """The keys of an attempt. Of an IPv6 address its network of 64 bits counts, which one customer has as a whole."""
    place = one_client(address or "")
    return Throttles(_key("pair", email, place), _key("account", email), _key("address", place))


def mail_throttle(mail: Mail, email: str) -> bytes:
    """The key under which mails of one kind to one address are counted."""
    return _key("mail", mail, email)


def mail_throttles(email: str) -> list[bytes]:
    """All of them."""
    return [mail_throttle(mail, email) for mail in get_args(Mail)]


def export_throttle(user_id: UUID) -> bytes:
    """The key under which it is counted how often somebody asks for everything."""
    return _key("export", str(user_id))


def lock_for(counted: Counted, failures: int) -> timedelta | None:
    """How long to refuse after so many failures; None while they are free.

    >>> [lock_for("pair", failures).seconds for failures in (6, 7, 8, 60)]
    [2, 4, 8, 900]
    """
    over = failures - _FREE[counted]
    return None if over <= 0 else min(LONGEST, _FIRST * (1 << min(over - 1, 30)))


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
