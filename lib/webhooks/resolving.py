"""From the name of a host to the addresses that may be reached. It does not know what is sent to them.

Every address of a name is looked at: if one is closed, none is used.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address

from lib.errors import NotDelivered
from lib.webhooks.addresses import Address
from lib.webhooks.targets import NOT_PUBLIC, Target, refused_address
from lib.webhooks.wall import Wall

Resolver = Callable[[str], Awaitable[Sequence[Address]]]
"""All addresses of a name. Raises OSError where there are none."""

# owners choose the names, and one that nobody answers for holds its thread for long: none of those that others need
_asking = ThreadPoolExecutor(8, thread_name_prefix="webhook-names")


async def system_resolver(host: str) -> list[Address]:
    """As the operating system resolves `host`, each address once."""
    asking = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_asking, asking)
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
            raise NotDelivered(NOT_PUBLIC) from None
    if not addresses:
        raise NotDelivered(NOT_PUBLIC)
    if not all(wall.lets(target.host, address) for address in addresses):
        raise refused_address()
    return addresses
