"""Sends one body to one target, once. It does not know why, nor when to try again.

The name is resolved here and the connection goes to an address that was checked, so that a name that means something
else a moment later changes nothing; the certificate must still be the name's. No redirect is followed, no proxy of the
environment is used, and of the answer only the beginning is read.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import httpx

from lib.errors import NotDelivered
from lib.tracing import outgoing
from lib.webhooks.addresses import Address
from lib.webhooks.resolving import Resolver, reachable, system_resolver
from lib.webhooks.targets import Target, read_target
from lib.webhooks.wall import Wall

MOST_ANSWER_BYTES = 4096

_MOST_ADDRESSES = 3
_NO_POOL = httpx.Limits(max_connections=1, max_keepalive_connections=0)


class Answer(NamedTuple):
    """What the receiver said: the status, and at most MOST_ANSWER_BYTES of the body, as they came."""

    status: int
    body: bytes


def trust(ca_file: Path | None = None) -> ssl.SSLContext:
    """Whom to trust: the usual authorities, and those in `ca_file`. Raises OSError where it cannot be read."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class Sender:
    """Sends webhooks through one wall; may be used for many at once. `timeout_s` covers a sending as a whole."""

    def __init__(
        self,
        wall: Wall,
        *,
        timeout_s: float = 10.0,
        trusted: ssl.SSLContext | None = None,
        resolve: Resolver = system_resolver,
    ) -> None:
        self.wall = wall
        self._timeout_s = timeout_s
        self._trusted = trusted or trust()
        self._resolve = resolve

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POSTs the JSON `body` to `url`. Any status is an answer. Raises TargetRefused for what `url` must not reach,
        NotDelivered where no answer came.
        """
        target = read_target(url, self.wall)
        try:
            async with asyncio.timeout(self._timeout_s):
                addresses = await reachable(target, self.wall, self._resolve)
                return await self._send_to_one_of(addresses[:_MOST_ADDRESSES], target, body, headers)
        except TimeoutError:
            raise NotDelivered(f"No answer came within {self._timeout_s:g} seconds.") from None

    async def _send_to_one_of(
        self, addresses: Sequence[Address], target: Target, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        # the caller's clock covers all of it
        async with httpx.AsyncClient(
            verify=self._trusted, trust_env=False, follow_redirects=False, limits=_NO_POOL, timeout=httpx.Timeout(None)
        ) as client:
            for place, address in enumerate(addresses, start=1):
                try:
                    return await _send_to(client, address, target, body, headers)
                except httpx.ConnectError as error:
                    # nothing was sent yet, so another address of the same host may be tried
                    if place == len(addresses):
                        raise NotDelivered(_why(error)) from error
                except httpx.HTTPError as error:
                    raise NotDelivered(_why(error)) from error
        raise NotDelivered("The host has no address.")


async def _send_to(
    client: httpx.AsyncClient, address: Address, target: Target, body: bytes, headers: Mapping[str, str]
) -> Answer:
    host = f"[{address}]" if address.version == 6 else str(address)
    request = client.build_request(
        "POST",
        httpx.URL(f"{target.scheme}://{host}:{target.port}").copy_with(raw_path=target.path.encode("ascii")),
        content=body,
        headers={
            "Host": target.host_header,
            "Content-Type": "application/json",
            "User-Agent": f"InsiteChart/{version('insitechart')}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            **outgoing(),
            **headers,
        },
        extensions={"sni_hostname": target.host},
    )
    answer = await client.send(request, stream=True)
    try:
        read = b""
        async for chunk in answer.aiter_raw():
            read += chunk
            if len(read) >= MOST_ANSWER_BYTES:
                break
        return Answer(answer.status_code, read[:MOST_ANSWER_BYTES])
    finally:
        await answer.aclose()


def _why(error: httpx.HTTPError) -> str:
    """In words that tell an owner what to repair, and nobody what else answers at that address."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of the host does not hold: {cause.verify_message.rstrip('.')}."
        if isinstance(cause, ssl.SSLError):
            return "The host does not speak TLS as it should."
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "No connection to the host could be made."
    return "The connection broke before an answer came."
