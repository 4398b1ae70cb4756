"""From the name of a host to the addresses that may be reached. It does not know what is sent to them.

Every address of a name is looked at: if one is closed, none is used.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from lib.errors import NotDelivered
from lib.webhooks.addresses import Address
from lib.webhooks.targets import Target, refused_address
from lib.webhooks.wall import Wall

Resolver = Callable[[str], Awaitable[Sequence[Address]]]
"""All addresses of a name. Raises OSError where there are none."""


async def system_resolver(host: str) -> list[Address]:
    """As the operating system resolves `host`, each address once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # what has a scope belongs to one link, and is refused as it is
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))


async def reachable(target: Target, wall: Wall, resolve: Resolver) -> Sequence[Address]:
    """The addresses of `target`, all of which `wall` lets through. Raises TargetRefused, NotDelivered."""
    if target.address is not None:
        addresses: Sequence[Address] = (target.address,)
    else:
        try:
            addresses = await resolve(target.host)
        except (OSError, UnicodeError):
            raise NotDelivered("The name of the host could not be resolved.") from None
    if not addresses:
        raise NotDelivered("The name of the host could not be resolved.")
    if not all(wall.lets(target.host, address) for address in addresses):
        raise refused_address()
    return addresses
