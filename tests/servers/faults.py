"""What can go wrong between a client and a provider, as values, and how a local server does it. It does not know which
provider.
"""

import asyncio
from collections import defaultdict, deque
from typing import NamedTuple, TypeAlias

from aiohttp import web

_TRICKLES = 20

HTML = b"<!DOCTYPE html><html><body><h1>Will be right back...</h1></body></html>"


class TooMany(NamedTuple):
    """429, with or without Retry-After (seconds or an HTTP date)."""

    retry_after: str | None = None


class Status(NamedTuple):
    """An answer of this status whose body is `body`."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Page(NamedTuple):
    """200, and a web page where data should be."""


class HalfJson(NamedTuple):
    """200, complete as HTTP, but the data in it ends in the middle."""


class HalfBody(NamedTuple):
    """200 that promises more bytes than it sends before the connection is closed."""


class Cut(NamedTuple):
    """The connection is reset without an answer."""


class Slow(NamedTuple):
    """The right answer, `seconds` late."""

    seconds: float


class Trickle(NamedTuple):
    """The right answer, a little at a time; the last of it comes after `seconds`."""

    seconds: float


Fault: TypeAlias = TooMany | Status | Page | HalfJson | HalfBody | Cut | Slow | Trickle

BAD_GATEWAY = Status(502, b"<html><body>502 Bad Gateway</body></html>", "text/html")


class Script:
    """Which calls go wrong: per key a queue, one fault a call, and after it what goes wrong for good, if anything.

    The key "*" holds for every call whose own key has nothing. Threads may write while the server reads.
    """

    def __init__(self) -> None:
        self._once: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}

    def then(self, key: str, *faults: Fault | None) -> None:
        """The next calls of `key` go wrong like this, in this order; None lets one through."""
        self._once[key].extend(faults)

    def always(self, key: str, fault: Fault) -> None:
        """Every call of `key` goes wrong like this, until `clear`."""
        self._always[key] = fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._once.clear()
        self._always.clear()

    def next(self, key: str) -> Fault | None:
        """What happens to the call that came in now."""
        for name in (key, "*"):
            if self._once[name]:
                return self._once[name].popleft()
            if name in self._always:
                return self._always[name]
        return None


async def misbehave(fault: Fault | None, request: web.Request, right: web.Response) -> web.StreamResponse:
    """`right`, as `fault` spoils it."""
    match fault:
        case TooMany(retry_after):
            headers = {} if retry_after is None else {"Retry-After": retry_after}
            return web.Response(status=429, text="Too Many Requests\r\n", headers=headers)
        case Status(status, body, content_type, headers):
            return web.Response(status=status, body=body, content_type=content_type, headers=dict(headers))
        case Page():
            return web.Response(body=HTML, content_type="text/html")
        case HalfJson():
            return web.Response(body=_half(right), content_type="application/json")
        case HalfBody():
            return await _cut_short(request, right)
        case Cut():
            _reset(request)
        case Slow(seconds):
            await asyncio.sleep(seconds)
        case Trickle(seconds):
            return await _trickle(request, right, seconds)
    return right


def _half(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body[: len(response.body) // 2]


async def _cut_short(request: web.Request, right: web.Response) -> web.StreamResponse:
    half = _half(right)
    headers = {"Content-Type": "application/json", "Content-Length": str(2 * len(half) + 99)}
    answer = web.StreamResponse(headers=headers)
    await answer.prepare(request)
    await answer.write(half)
    _reset(request)
    return answer


async def _trickle(request: web.Request, right: web.Response, seconds: float) -> web.StreamResponse:
    assert isinstance(right.body, bytes)
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(right.body))})
    await answer.prepare(request)
    for n in range(_TRICKLES):
        await answer.write(right.body[n * len(right.body) // _TRICKLES : (n + 1) * len(right.body) // _TRICKLES])
        await asyncio.sleep(seconds / _TRICKLES)
    return answer


def _reset(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
