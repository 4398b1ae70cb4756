"""Which names the API answers to: a page that points a name of its own at this machine must not read from it. It does
not know where the API listens.
"""

import re
import socket
from collections.abc import Iterable
from functools import lru_cache

from lib.domain.networks import parse_address

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - it is compared, never bound

# a name of 255 signs, and a port
_LONGEST = 261

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


class AllowedHosts:
    """Host names, `*.example.com` for all below one, `*` for any; ports do not matter. With no names: loopback, and the
    address that the API listens on. Where it listens everywhere, any address counts, for no name leads there, and the
    name of this machine.
    """

    def __init__(self, names: Iterable[str], listens_on: str = "127.0.0.1") -> None:
        given = [name.lower().rstrip(".") for name in names]
        self._any = "*" in given
        self._addresses = not given and listens_on in EVERY_ADDRESS
        own = [socket.gethostname().lower()] if self._addresses else [listens_on.lower()]
        self._names = frozenset(name for name in given or [*LOOPBACK, *own] if not name.startswith("*"))
        self._below = tuple(name.removeprefix("*") for name in given if name.startswith("*."))
        self._known = lru_cache(maxsize=1024)(self._allows)

    def allows(self, host: bytes, address_will_do: bool = False) -> bool:
        """Whether a Host header names one of them; probes ask by address, which is allowed with `address_will_do`."""
        return len(host) <= _LONGEST and self._known(host, address_will_do)

    def _allows(self, host: bytes, address_will_do: bool) -> bool:
        found = _HOST.fullmatch(host)
        if not found:
            return False
        name = found[1].decode().lower().rstrip(".").strip("[]")
        if self._any or name in self._names or (self._below and name.endswith(self._below)):
            return True
        return (address_will_do or self._addresses) and parse_address(name) is not None
