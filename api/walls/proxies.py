"""Who really asks, where trusted proxies stand in between: X-Forwarded-For and -Proto. It does not refuse anyone.

Each proxy appends the address it was asked from, so the list is read from its end, and only as far as trust reaches:
what stands before the first untrusted address was written by that client, and may say anything.
"""

from typing import NamedTuple

from lib.domain.networks import Networks, parse_address


class Origin(NamedTuple):
    """The client's address (None: a socket that is a file), and the scheme that it used."""

    address: str | None
    scheme: str


def true_origin(peer: Origin, forwarded_for: list[bytes], forwarded_proto: list[bytes], trusted: Networks) -> Origin:
    """Where a request comes from that `peer` handed on with these header values. A peer that is not trusted is the
    client itself, and an entry that is no address ends what can be believed.
    """
    if not trusted.hold(peer.address):
        return peer
    hops = _entries(forwarded_for)
    schemes = _entries(forwarded_proto)
    address, believed = peer.address, 0
    for hop in reversed(hops):
        found = _address(hop)
        if found is None:
            break
        address, believed = found, believed + 1
        if not trusted.hold(found):
            break
    return Origin(address, _scheme(schemes, len(hops), believed, peer.scheme))


def _scheme(schemes: list[str], hops: int, believed: int, otherwise: str) -> str:
    """The scheme that the proxy nearest to the client saw; of a list that does not fit the addresses, the last one."""
    if not schemes:
        return otherwise
    found = schemes[-believed] if len(schemes) == hops and believed else schemes[-1]
    return found if found in ("http", "https") else otherwise


def _entries(values: list[bytes]) -> list[str]:
    joined = b",".join(values).decode("latin-1")
    return [entry.strip().lower() for entry in joined.split(",")] if joined else []


def _address(hop: str) -> str | None:
    """The address of an entry, which may carry a port: 192.0.2.1:4711, [2001:db8::1]:4711."""
    bare = hop
    if hop.startswith("["):
        bare = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        bare = hop.partition(":")[0]
    return str(found) if (found := parse_address(bare)) else None
