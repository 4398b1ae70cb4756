"""Addresses and networks, as settings name them, and what counts as one client. It does not know who asks."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

EVERYWHERE = "*"
UNIX = "unix"


# with a zone; what is longer is no address, and a client may have chosen it
_LONGEST = 64


def parse_address(text: str) -> Address | None:
    """The address of `text`, an IPv4 one where IPv6 only wraps it; None for what is none."""
    return _parsed(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=65536)
def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.split("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=65536)
def one_client(text: str) -> str:
    """What counts as one client behind this address: IPv6 hands out whole /64 networks, IPv4 single addresses.

    >>> one_client("2001:db8:1:2:3:4:5:6"), one_client("::ffff:192.0.2.1")
    ('2001:db8:1:2::', '192.0.2.1')
    """
    found = parse_address(text)
    if isinstance(found, IPv6Address):
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found) if found else "unknown"


class Networks:
    """Networks as a setting names them: addresses, networks as address/bits, `*` for everywhere, `unix` for a socket
    that is a file.
    """

    def __init__(self, names: Iterable[str]) -> None:
        named = list(names)
        self._everywhere = EVERYWHERE in named
        self._unix = UNIX in named
        self._networks = [parse_network(name) for name in named if name not in (EVERYWHERE, UNIX)]

    def __bool__(self) -> bool:
        return self._everywhere or self._unix or bool(self._networks)

    def hold(self, address: str | None) -> bool:
        """Whether `address` (None: a socket that is a file) is in one of them."""
        if self._everywhere:
            return True
        if address is None:
            return self._unix
        found = parse_address(address)
        return found is not None and any(found in network for network in self._networks)


def parse_network(name: str) -> Network:
    """The network of `name`. Raises ValueError with a sentence for a person."""
    try:
        return ip_network(name)
    except ValueError as error:
        raise ValueError(f"{name[:60]!r} is no address and no network such as 10.0.0.0/8: {error}") from None
