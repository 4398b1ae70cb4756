"""Which network addresses lie on the public internet. It does not know names, ports or what is sent.

IPv6 is closed but for global unicast, and of that what carries another address inside (6to4, Teredo) or belongs to
nobody is closed, too; so are NAT64 and IPv4-mapped addresses, which lie outside of it. IPv4 is open but for what
follows.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",        # this network, and unspecified
        "10.0.0.0/8",       # private
        "100.64.0.0/10",    # shared by carriers; a cloud's metadata, too
        "127.0.0.0/8",      # loopback
        "168.63.129.16/32", # a cloud's metadata, though in public space
        "169.254.0.0/16",   # link-local; most clouds' metadata
        "172.16.0.0/12",    # private
        "192.0.0.0/24",     # protocol assignments
        "192.0.2.0/24",     # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",   # relays of 6to4
        "192.168.0.0/16",   # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",    # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",   # documentation
        "224.0.0.0/4",      # multicast
        "240.0.0.0/4",      # reserved, and broadcast
    )
]  # fmt: skip

_OPEN_6 = IPv6Network("2000::/3")

_CLOSED_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",      # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",      # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",      # documentation
    )
]  # fmt: skip


def is_public(address: Address) -> bool:
    """Whether `address` is one that anybody on the internet could reach.

    >>> is_public(IPv4Address("93.184.216.34")), is_public(IPv4Address("169.254.169.254"))
    (True, False)
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    if address.scope_id is not None:
        return False
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def read_network(text: str) -> Network | None:
    """`text` as a network or a single address, or None where it is neither.

    >>> read_network("10.20.0.0/16"), read_network("hooks.internal")
    (IPv4Network('10.20.0.0/16'), None)
    """
    try:
        return ip_network(text)
    except ValueError:
        return None


def lies_in(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether any of `networks` holds `address`; one of the other version never does."""
    return any(address.version == network.version and address in network for network in networks)
