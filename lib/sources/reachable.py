"""Whether the hosts of a source answer at all: one free question to each, with little patience. It needs no credential
and does not know what the source is asked for.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import httpx

_PATIENCE_S = 5.0

_NUMBER = re.compile(r"\[Errno -?\d+\] ")


class Reached(NamedTuple):
    """How many of the addresses answered, with whatever status, and of the first that did not, why."""

    answered: int
    asked: int
    reason: str = ""

    @property
    def is_reachable(self) -> bool:
        """True where at least one answered."""
        return self.answered > 0

    def __str__(self) -> str:
        if self.answered == self.asked:
            return "reachable"
        some = f"{self.answered} of {self.asked} hosts reachable" if self.answered else "not reachable"
        return f"{some}: {self.reason}"


async def reach(addresses: Sequence[str], user_agent: str) -> Reached:
    """Asks each address for its head (HEAD of http, https, ws or wss), all at once and through the proxy of the
    environment if there is one. Never raises.
    """
    import httpx  # who only lists sources must not wait for it

    headers = {"User-Agent": user_agent}
    async with httpx.AsyncClient(timeout=_PATIENCE_S, headers=headers) as client:
        reasons = await asyncio.gather(*(_why_not(client, address) for address in addresses))
    failures = [reason for reason in reasons if reason]
    return Reached(len(reasons) - len(failures), len(reasons), failures[0] if failures else "")


async def _why_not(client: "httpx.AsyncClient", address: str) -> str:
    import httpx

    try:
        url = httpx.URL(address.replace("wss://", "https://", 1).replace("ws://", "http://", 1))
    except httpx.InvalidURL as error:
        return f"{address[:60]} is no address: {error}"
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await client.head(url)
    except (httpx.TimeoutException, TimeoutError):
        return f"{url.host} does not answer within {_PATIENCE_S:g} s"
    except (httpx.HTTPError, OSError) as error:
        return f"{url.host}: {_NUMBER.sub('', str(error)).strip() or type(error).__name__}"
    return ""
