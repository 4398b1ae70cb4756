"""An open line to one Jetstream: WebSocket frames, one by one, and our errors only. It does not know what they say.

It goes through the proxy of HTTPS_PROXY and trusts SSL_CERT_FILE, if they are set. A line that is silent for too long
is as good as dead; a ping then tells whether the host still lives, for the sake of the reason.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)
from websockets.http11 import Response
from websockets.proxy import get_proxy, parse_proxy
from websockets.uri import parse_uri

from lib.errors import ConfigurationError, Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.bluesky.events import POSTS, SOURCE
from lib.sources.bluesky.tunnel import tunnel
from lib.sources.retry_after import allowed_from

# The host leaves out events that are longer than this; a post of 3,000 bytes, all a person can write in the app, with
# four described pictures stays far below. A frame of more than the second size ends the connection.
_LONGEST_EVENT = 128 * 1024
_LONGEST_FRAME = 8 * 1024 * 1024

_NAME = re.compile(r"[a-z0-9.:_-]+", re.ASCII | re.IGNORECASE)

# frames that wait in memory before the line is no longer read
_AHEAD = 256

_NETWORK = "Check this machine's way to the internet (port 443), and HTTPS_PROXY and SSL_CERT_FILE if they are set."
WAIT = "Nothing to do: the next collection goes on where this one stopped."
_REFUSED = (
    "Bluesky's servers need no key: this address is refused. Use another network, or other INSITECHART_BLUESKY_HOSTS."
)


class Timing(NamedTuple):
    """Seconds: to open a line, to hear anything on it, to hear an answer to a ping, and to say goodbye."""

    open_s: float = 10
    silence_s: float = 20
    ping_s: float = 2
    close_s: float = 0.5


class Line:
    """An open connection to `host`; made by `open_line`."""

    def __init__(self, connection: ClientConnection, host: str, timing: Timing) -> None:
        self._connection = connection
        self._host = host
        self._timing = timing

    async def read(self) -> bytes:
        """The next frame. Raises Unavailable once the line is closed or silent for too long."""
        try:
            async with asyncio.timeout(self._timing.silence_s):
                return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise Unavailable(SOURCE, f"{self._host} closed the connection ({_farewell(error)}).", hint=WAIT) from error
        except TimeoutError:
            raise Unavailable(
                SOURCE,
                f"{self._host} said nothing for {self._timing.silence_s:g} s"
                f" and {'still answers' if await self._lives() else 'no longer answers'}.",
                hint=WAIT,
            ) from None

    async def _lives(self) -> bool:
        try:
            async with asyncio.timeout(self._timing.ping_s):
                await (await self._connection.ping())
        except (TimeoutError, ConnectionClosed):
            return False
        return True


def address(host: str) -> str:
    """Where `host` is reached: `name` or `name:port` by TLS, or ws:// and wss:// as they stand. Raises
    ConfigurationError.
    """
    url = f"{host if '://' in host else f'wss://{host}'}/subscribe"
    try:
        name = parse_uri(url).host
        name.encode("idna")
    except (InvalidURI, ValueError):
        name = ""
    if _NAME.fullmatch(name) is None:
        raise ConfigurationError(
            f"{host[:60]!r} is no address of a Jetstream server.",
            hint="INSITECHART_BLUESKY_HOSTS takes names such as jetstream2.us-east.bsky.network, or ws://localhost:6008.",
        )
    return url


@asynccontextmanager
async def open_line(host: str, cursor_us: int, *, agent: str, timing: Timing) -> AsyncIterator[Line]:
    """A line to `host` on which posts come from `cursor_us` (microseconds since 1970) on.

    Raises Denied, RateLimited, Unavailable, or Malformed where something else than a Jetstream answers.
    """
    asked = {"wantedCollections": POSTS, "maxMessageSizeBytes": _LONGEST_EVENT, "cursor": cursor_us}
    try:
        async with asyncio.timeout(timing.open_s):
            connection = await _connect(f"{address(host)}?{urlencode(asked)}", agent, timing)
    except InvalidStatus as error:
        raise _refusal(host, error.response) from error
    except InvalidMessage as error:
        if isinstance(error.__cause__, EOFError):
            raise Unavailable(SOURCE, f"{host} cut the connection before it answered.", hint=WAIT) from error
        raise Malformed(SOURCE, f"{host} does not answer as a web server does.", hint=WAIT) from error
    except (ProxyError, InvalidProxy, ImportError) as error:
        raise Unavailable(SOURCE, f"{host} cannot be reached through the proxy: {error}.", hint=_NETWORK) from error
    except OSError as error:
        raise Unavailable(SOURCE, f"{host} cannot be reached: {_trouble(error)}.", hint=_NETWORK) from error
    except (WebSocketException, ValueError) as error:
        raise Malformed(SOURCE, f"{host} does not answer as a Jetstream does: {error}.", hint=WAIT) from error
    try:
        yield Line(connection, host, timing)
    finally:
        try:
            await connection.close()
        finally:
            # whoever is cancelled while saying goodbye to a host that does not answer would leave the socket open
            connection.transport.abort()


async def _connect(url: str, agent: str, timing: Timing) -> ClientConnection:
    uri = parse_uri(url)
    proxy = get_proxy(uri)
    through = parse_proxy(proxy) if proxy is not None else None
    sock = None
    if through is not None and through.scheme == "http":
        sock = await tunnel(through, uri.host, uri.port, agent=agent)
    return await connect(
        url,
        user_agent_header=agent,
        # from here on it belongs to the library, which closes it whatever happens
        sock=sock,
        open_timeout=None,
        # whoever waits for the next frame watches the silence; one who stores a page must not be taken for dead
        ping_interval=None,
        close_timeout=timing.close_s,
        max_size=_LONGEST_FRAME,
        max_queue=_AHEAD,
    )


def _refusal(host: str, response: Response) -> SourceError:
    status = response.status_code
    match status:
        case 429:
            until = allowed_from(response.headers.get("Retry-After"), now=datetime.now(UTC))
            when = f"until {until:%H:%M:%S} UTC" if until else "for an unknown time"
            return RateLimited(SOURCE, f"{host} answers 429: asked too often, {when}.", until=until, hint=WAIT)
        case 401 | 403:
            return Denied(SOURCE, f"{host} answers {status}: it does not let this address listen.", hint=_REFUSED)
        case _ if status >= 500:
            return Unavailable(SOURCE, f"{host} answers {status}: the failure is on its side.", hint=WAIT)
    return Malformed(SOURCE, f"{host} answers {status}, which is not what a Jetstream says.", hint=WAIT)


def _farewell(error: ConnectionClosed) -> str:
    if error.rcvd is None:
        return "without a word" if error.sent is None else f"after our {error.sent.code} {error.sent.reason}".rstrip()
    # another's words: not all of them, and on one line
    return f"{error.rcvd.code} {' '.join(error.rcvd.reason.split())[:80]}".rstrip()


def _trouble(error: OSError) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "its name is not found, there may be no network"
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case _:
            return "the connection failed"
