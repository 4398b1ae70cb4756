"""Asks an address for its feed, over HTTP and with manners: conditional, in its turn, bounded in size, time and hops.

It does not know what a feed looks like. Every error that comes out is about the one stream, never about its neighbours.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx

from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.access import Access, Rate
from lib.sources.retry_after import allowed_from

SOURCE = "feeds"
LARGEST = 5_000_000

_REDIRECTS = 5
_PERMANENT = (301, 308)
_TEMPORARY = (302, 303, 307)
_UNTOLD = timedelta(minutes=15)
_LATER = "Nothing to do: the next reading asks again."
_SETTING = "Correct or remove the feed in INSITECHART_FEEDS; a corrected one is asked at once."


class Limits(NamedTuple):
    """How long a feed is waited for, and how often one host may be asked."""

    step_s: float = 15
    whole_s: float = 60
    patience_s: float = 20
    rate: Rate = Rate(spacing_s=1, burst=2)


class Known(NamedTuple):
    """What the last answer said of itself, to be asked whether anything changed since."""

    etag: str | None = None
    modified: str | None = None


class Answer(NamedTuple):
    """What the address answered to the question put at `at`; `body` is None where nothing changed since `Known`.

    `lives_at` is where the address permanently leads, `fresh_for` how long it asks to be left alone.
    """

    at: datetime
    body: bytes | None
    content_type: str
    known: Known
    lives_at: str
    fresh_for: timedelta
    asked: int


class Wire:
    """Asks through `client`, each host in its turn. `now` is the clock (UTC) by which a reading is dated; it is not
    that of pauses, which others share.
    """

    def __init__(self, client: httpx.AsyncClient, access: Access, limits: Limits, now: Callable[[], datetime]) -> None:
        self._client = client
        self._access = access
        self._limits = limits
        self.now = now

    async def ask(self, stream: str, address: str, known: Known) -> Answer:
        """Follows up to five redirects from `address`. Raises RateLimited, Denied, Unavailable, Malformed."""
        lives_at, settled = address, True
        for hop in range(_REDIRECTS + 1):
            await self._turn(stream, address)
            at = self.now()
            response, body = await self._get(stream, address, known)
            if response.status_code not in (*_PERMANENT, *_TEMPORARY):
                await self._refuse(stream, address, response)
                return _answer(at, response, body, known, lives_at, asked=hop + 1)
            address = _target(stream, address, response.headers.get("location"))
            settled = settled and response.status_code in _PERMANENT
            lives_at = address if settled else lives_at
        raise Unavailable(SOURCE, f"{lives_at} redirects more than {_REDIRECTS} times.", stream=stream, hint=_LATER)

    async def _turn(self, stream: str, address: str) -> None:
        try:
            await self._access.turn(_host(address), self._limits.rate, patience_s=self._limits.patience_s)
        except RateLimited as error:
            # of the host, which other feeds may not use at all
            raise RateLimited(SOURCE, str(error), until=error.until, stream=stream, hint=error.hint) from None

    async def _get(self, stream: str, address: str, known: Known) -> tuple[httpx.Response, bytes]:
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._limits.whole_s),
                self._client.stream("GET", address, headers={k: v for k, v in headers.items() if v}) as response,
            ):
                if response.status_code == 200:
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > LARGEST:
                            raise Malformed(
                                SOURCE, f"{address} is larger than {LARGEST:,} bytes.", stream=stream, hint=_SETTING
                            )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise _trouble(stream, address, error) from error
        return response, bytes(body)

    async def _refuse(self, stream: str, address: str, response: httpx.Response) -> None:
        """Raises what a status other than 200 and 304 amounts to."""
        status, now = response.status_code, datetime.now(UTC)
        until = allowed_from(response.headers.get("retry-after"), now=now)
        if status == 429 or (status == 503 and until is not None):
            until = until or now + _UNTOLD
            await self._access.pause(_host(address), self._limits.rate, until)
            when = f"{until:%Y-%m-%d %H:%M:%S} UTC"
            raise RateLimited(
                SOURCE, f"{address} answers {status}: not before {when}.", until=until, stream=stream, hint=_LATER
            )
        if status in (401, 402, 403, 451):
            raise Denied(SOURCE, f"{address} answers {status}: it refuses us.", stream=stream, hint=_SETTING)
        if status in (404, 410):
            raise Denied(SOURCE, f"{address} answers {status}: no feed is there.", stream=stream, hint=_SETTING)
        if status not in (200, 304):
            raise Unavailable(SOURCE, f"{address} answers {status}.", stream=stream, hint=_LATER)


def _answer(at: datetime, response: httpx.Response, body: bytes, known: Known, lives_at: str, *, asked: int) -> Answer:
    headers = response.headers
    unchanged = response.status_code == 304
    return Answer(
        at=at,
        body=None if unchanged else body,
        content_type=headers.get("content-type", ""),
        known=known if unchanged else Known(_sendable(headers.get("etag")), _sendable(headers.get("last-modified"))),
        lives_at=lives_at,
        fresh_for=_fresh_for(headers),
        asked=asked,
    )


def _target(stream: str, address: str, location: str | None) -> str:
    try:
        target = urljoin(address, location or "")
        parts = urlsplit(target)
    except ValueError:
        parts = urlsplit(target := "")
    if not location or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unavailable(SOURCE, f"{address} redirects to nowhere.", stream=stream, hint=_LATER)
    if urlsplit(address).scheme == "https" and parts.scheme == "http":
        raise Unavailable(
            SOURCE, f"{address} redirects to {target}, which anybody on the way could change.", stream=stream,
            hint="If that is meant, put the address with http:// into INSITECHART_FEEDS.",
        )  # fmt: skip
    return target


def _trouble(stream: str, address: str, error: Exception) -> SourceError:
    match error:
        case TimeoutError() | httpx.TimeoutException():
            return Unavailable(SOURCE, f"{address} gave no answer in time.", stream=stream, hint=_LATER)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return Malformed(SOURCE, f"{address} is no web address: {error}.", stream=stream, hint=_SETTING)
        case httpx.DecodingError():
            return Malformed(SOURCE, f"{address} cannot be unpacked: {error}.", stream=stream, hint=_LATER)
        case httpx.ConnectError() | httpx.ProxyError():
            told = f"{_host(address)} cannot be reached: {str(error) or type(error).__name__}."
            return Unavailable(SOURCE, told, stream=stream, hint="Check this machine's way to the internet.")
    return Unavailable(
        SOURCE, f"{address}: the connection failed ({type(error).__name__}).", stream=stream, hint=_LATER
    )


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _sendable(value: str | None) -> str | None:
    return value if value and len(value) <= 1000 and value.isascii() and value.isprintable() else None


def _fresh_for(headers: Mapping[str, str]) -> timedelta:
    for word in headers.get("cache-control", "").lower().split(","):
        name, _, seconds = word.strip().partition("=")
        if name == "max-age" and seconds.isdecimal():
            age = headers.get("age", "0").strip()
            # a cache on the way has kept it for so long already
            left = int(seconds[:9]) - (int(age[:9]) if age.isdecimal() else 0)
            return timedelta(seconds=max(left, 0))
    return timedelta(0)
