"""Hot reads, answered before anything is routed: kept bytes, one computation for all who wait, 304, compression.

An ASGI callable around the application. It stands inside of whatever may refuse a request (identity, limits) and
around what is the same for everyone: an answer never depends on who asks, which is why it may be kept at all. Only
answers of status 200 are kept, and only while what they were made of has not changed (lib/cache/versions.py); where
that is not known, every request is asked anew, which is correct and slower.
"""

from collections.abc import Callable
from typing import NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from api.answers import CSV, JSON
from api.hot.asking import Held, InPieces, ask
from api.hot.encodings import ENCODINGS, SMALLEST, encoded, preferred_encoding, wants_csv
from api.hot.flights import Flights
from api.hot.reads import Read, asks_for_many, hot_read, stamp_of
from lib.cache.answers import Answer, AnswerMemory, Bytes, Stamp
from lib.cache.shared_answers import SharedAnswers
from lib.cache.versions import Versions
from lib.metrics import ANSWERS_COMPUTED, ANSWERS_KEPT, ANSWERS_SHARED, watch_answers

_VARY = (b"vary", b"Accept, Accept-Encoding")
# longer questions are no read of ours, or one of which every client asks another
_LONGEST_QUERY = 512

_Key = tuple[str, str, bytes, bool]


class _Computed(NamedTuple):
    """What was found for the request in `scope`: `held` is what the application said, None where another process had
    the answer; `answer` is None where that was no plain 200.
    """

    scope: Scope
    route: str
    held: Held | None
    answer: Answer | None


class _Asked(NamedTuple):
    """What of the request's headers matters here."""

    csv: bool
    encoding: bytes
    known: bytes


class HotAnswers:
    """`room` is the memory for answers in bytes; 0 keeps nothing, here or shared: then every request is computed for
    itself. `shared` gives the answers of all processes, once they are open.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        versions: Versions,
        room: int,
        shared: Callable[[], SharedAnswers | None] = lambda: None,
    ) -> None:
        self._app = app
        self._versions = versions
        self._memory = AnswerMemory(room)
        self._shared = shared
        self._computing: Flights[_Computed] = Flights()
        self._encoding: Flights[Bytes] = Flights()
        watch_answers(lambda: self._memory.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = hot_read(scope["path"]) if scope["type"] == ScopeType.HTTP and scope["method"] == "GET" else None
        query = scope["query_string"]
        if read is None or len(query) > _LONGEST_QUERY or asks_for_many(query):
            await self._app(scope, receive, send)
            return
        asked = _asked(scope, read)
        key = (read.template, read.symbol, query, asked.csv)
        stamp = stamp_of(read, query, self._versions) if self._memory.most else None
        answer = None if stamp is None else self._memory.find(key, stamp)
        if answer is not None:
            scope["path_template"] = read.template
            ANSWERS_KEPT.inc()
        else:
            try:
                computed = await self._compute(scope, read, key, stamp)
            except InPieces:
                await self._app(scope, receive, send)
                return
            answer = computed.answer
            if answer is None and computed.scope is not scope:
                # a refusal names the request that it refuses, so each hears its own
                await self._app(scope, receive, send)
                return
            scope["path_template"] = computed.route
            if answer is None:
                await _send_held(computed.held, send)
                return
        await self._send(answer, key, asked, send)

    async def _compute(self, scope: Scope, read: Read, key: _Key, stamp: Stamp | None) -> _Computed:
        if stamp is None:
            ANSWERS_COMPUTED.inc()
            return await self._ask(scope, read, key)
        return await self._computing.join((key, stamp), lambda: self._find(scope, read, key, stamp))

    async def _find(self, scope: Scope, read: Read, key: _Key, stamp: Stamp) -> _Computed:
        """From the other processes or, where none has it, from the application; and kept for the next."""
        shared = self._shared()
        if shared is not None:
            found = await shared.find(key, stamp)
            if found is not None:
                ANSWERS_SHARED.inc()
                self._memory.keep(key, stamp, found)
                return _Computed(scope, read.template, None, found)
        ANSWERS_COMPUTED.inc()
        answer = None
        try:
            computed = await self._ask(scope, read, key)
            # what has changed meanwhile, or belongs to the next window, is of no use to anyone later
            if computed.answer is not None and stamp == stamp_of(read, key[2], self._versions):
                answer = computed.answer
                self._memory.keep(key, stamp, answer)
            return computed
        finally:
            if shared is not None:
                shared.keep_soon(key, stamp, answer)

    async def _ask(self, scope: Scope, read: Read, key: _Key) -> _Computed:
        media_type = CSV if key[3] else JSON
        held = await ask(self._app, scope, media_type.encode())
        tag = held.header(b"etag")
        answer = None
        if held.is_plain and tag and held.route == read.template:
            answer = Answer(held.header(b"content-type"), held.header(b"cache-control"), tag, held.body)
        return _Computed(scope, held.route or "unmatched", held, answer)

    async def _send(self, answer: Answer, key: _Key, asked: _Asked, send: Send) -> None:
        headers = [(b"etag", answer.tag), (b"cache-control", answer.policy), _VARY]
        known = _known_tag(answer, asked.known) if asked.known else None
        if known is not None:
            headers[0] = (b"etag", known)
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        body = answer.body
        if asked.encoding and len(body) >= SMALLEST:
            found = answer.encoded.get(asked.encoding) or await self._encode(answer, key, asked.encoding)
            if found.tag != answer.tag:
                body = found.body
                headers[0] = (b"etag", found.tag)
                headers.append((b"content-encoding", asked.encoding))
        headers.append((b"content-type", answer.media_type))
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _encode(self, answer: Answer, key: _Key, encoding: bytes) -> Bytes:
        # the answer is held while it is encoded, so its id is nobody else's
        found = await self._encoding.join((id(answer), encoding), lambda: encoded(answer, encoding))
        self._memory.grew(key, answer)
        return found


def _asked(scope: Scope, read: Read) -> _Asked:
    accept = encoding = known = b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"accept-encoding":
            encoding = encoding + b"," + value if encoding else value
        elif name == b"if-none-match":
            known = known + b"," + value if known else value
    return _Asked(read.is_table and wants_csv(accept), preferred_encoding(encoding), known)


def _known_tag(answer: Answer, known: bytes) -> bytes | None:
    """The tag among `known` (If-None-Match) that names this answer, in whatever encoding it was sent before."""
    if known.strip() == b"*":
        return answer.tag
    names = {answer.tag, *(answer.tag[:-1] + b"-" + encoding + b'"' for encoding in ENCODINGS)}
    # a proxy that compressed the answer has weakened the tag, and comparing is weak anyway
    tags = (candidate.strip().removeprefix(b"W/") for candidate in known.split(b","))
    return next((tag for tag in tags if tag in names), None)


async def _send_held(held: Held | None, send: Send) -> None:
    assert held is not None
    await send({"type": "http.response.start", "status": held.status, "headers": held.headers})
    await send({"type": "http.response.body", "body": held.body, "more_body": False})
