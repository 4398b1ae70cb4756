"""ETag, Cache-Control and 304 for reads: who has the answer already is told so. It does not know what is read.

The tag is a hash of the bytes, so it is strong, the same in every process, and an as-of answer keeps its own for ever.
"""

import hashlib
import re

from litestar.enums import HttpMethod, ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

from api.auth.guards import needs_of

LIVE = b"no-cache"
AS_OF = b"public, max-age=86400"
PRIVATE_LIVE = b"private, no-cache"
PRIVATE_AS_OF = b"private, max-age=86400"

_AS_OF = re.compile(rb"(^|&)as_of=")
_OF_THE_BODY = (b"content-length", b"content-type")


class ConditionalReads(ASGIMiddleware):
    """Tags whole 200 answers to GET, and turns them into 304 where If-None-Match holds the tag."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope.get("method") != HttpMethod.GET:
            await next_app(scope, receive, send)
            return
        policy = policy_of(scope["query_string"], guarded=is_guarded(scope["route_handler"]))
        known = [
            tag.strip() for name, value in scope["headers"] if name == b"if-none-match" for tag in value.split(b",")
        ]
        held: HTTPResponseStartEvent | None = None

        async def tagging(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] == 200:
                held = message
                return
            if held is not None:
                start, held = held, None
                # what says itself how it may be kept is left as it is
                told = any(name == b"cache-control" for name, _ in start["headers"])
                if message["type"] == "http.response.body" and not message["more_body"] and not told:
                    _tag(start, message, policy, known)
                await send(start)
            await send(message)

        await next_app(scope, receive, tagging)


def is_guarded(handler: BaseRouteHandler) -> bool:
    """Does the answer depend on who asks?"""
    return next(needs_of(handler), None) is not None


def policy_of(query: bytes, *, guarded: bool) -> bytes:
    """How long whom an answer to `query` may be kept by, as Cache-Control says it."""
    if _AS_OF.search(query):
        return PRIVATE_AS_OF if guarded else AS_OF
    return PRIVATE_LIVE if guarded else LIVE


def tag_of(body: bytes) -> bytes:
    """The strong tag of `body`, with its quotes."""
    return b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'


def _tag(start: HTTPResponseStartEvent, body: HTTPResponseBodyEvent, policy: bytes, known: list[bytes]) -> None:
    tag = tag_of(body["body"])
    headers = [*start["headers"], (b"etag", tag), (b"cache-control", policy), (b"vary", b"Accept")]
    # a proxy that compressed the answer has weakened the tag, and comparing is weak anyway
    if known == [b"*"] or tag in (candidate.removeprefix(b"W/") for candidate in known):
        headers = [(name, value) for name, value in headers if name not in _OF_THE_BODY]
        start["status"], body["body"] = 304, b""
    start["headers"] = headers
