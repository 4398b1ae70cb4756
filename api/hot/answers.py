"""Hot reads, answered before anything is routed: kept bytes, one computation for all who wait, 304, compression.

An ASGI callable around the application. It stands inside of whatever may refuse a request (identity, limits) and
around what is the same for everyone: an answer never depends on who asks, which is why it may be kept at all. Only
answers of status 200 are kept, and only while what they were made of has not changed (lib/cache/versions.py); where
that is not known, every request is asked anew, which is correct and slower.
"""

from collections.abc import Callable
from typing import NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from api.answers import CSV, JSON
from api.at_once import Reply, never
from api.hot.asked import Asked, asked_in, reply_of
from api.hot.asking import Held, InPieces, ask
from api.hot.encodings import encoded
from api.hot.flights import Flights
from api.hot.reads import stamp_of
from lib.cache.answers import Answer, AnswerMemory, Bytes, Stamp
from lib.cache.shared_answers import SharedAnswers
from lib.cache.versions import Versions
from lib.metrics import ANSWERS_COMPUTED, ANSWERS_KEPT, ANSWERS_SHARED, watch_answers


class _Computed(NamedTuple):
    """What was found for the request in `scope`: `held` is what the application said, None where another process had
    the answer; `answer` is None where that was no plain 200.
    """

    scope: Scope
    route: str
    held: Held | None
    answer: Answer | None


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
        # without memory nothing is ever at hand, so nobody has to look
        self.inner_at_once = None if room else never
        self._shared = shared
        self._computing: Flights[_Computed] = Flights()
        self._encoding: Flights[Bytes] = Flights()
        watch_answers(lambda: self._memory.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_in(scope) if scope["type"] == ScopeType.HTTP else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        stamp, answer = self._kept(asked)
        if answer is not None:
            scope["path_template"] = asked.question.read.template
            ANSWERS_KEPT.inc()
        else:
            try:
                computed = await self._compute(scope, asked, stamp)
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
        reply = reply_of(answer, asked)
        while reply is None:
            await self._encode(answer, asked)
            reply = reply_of(answer, asked)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    def at_once(self, scope: HTTPScope) -> Reply | None:
        """What is kept for this request, if it is kept in the encoding that is wanted."""
        asked = asked_in(scope)
        if asked is None:
            return None
        _, answer = self._kept(asked)
        return None if answer is None else reply_of(answer, asked)

    def _kept(self, asked: Asked) -> tuple[Stamp | None, Answer | None]:
        """What an answer has to be made of now, and the one that is kept and was."""
        stamp = stamp_of(asked.question, self._versions) if self._memory.most else None
        return stamp, None if stamp is None else self._memory.find(asked.key, stamp)

    async def _compute(self, scope: Scope, asked: Asked, stamp: Stamp | None) -> _Computed:
        if stamp is None:
            ANSWERS_COMPUTED.inc()
            return await self._ask(scope, asked)
        return await self._computing.join((asked.key, stamp), lambda: self._find(scope, asked, stamp))

    async def _find(self, scope: Scope, asked: Asked, stamp: Stamp) -> _Computed:
        """From the other processes or, where none has it, from the application; and kept for the next."""
        key = asked.key
        shared = self._shared()
        if shared is not None:
            found = await shared.find(key, stamp)
            if found is not None:
                ANSWERS_SHARED.inc()
                self._memory.keep(key, stamp, found)
                return _Computed(scope, asked.question.read.template, None, found)
        ANSWERS_COMPUTED.inc()
        answer = None
        try:
            computed = await self._ask(scope, asked)
            # what has changed meanwhile, or belongs to the next window, is of no use to anyone later
            if computed.answer is not None and stamp == stamp_of(asked.question, self._versions):
                answer = computed.answer
                self._memory.keep(key, stamp, answer)
            return computed
        finally:
            if shared is not None:
                shared.keep_soon(key, stamp, answer)

    async def _ask(self, scope: Scope, asked: Asked) -> _Computed:
        media_type = CSV if asked.key[3] else JSON
        held = await ask(self._app, scope, media_type.encode())
        tag = held.header(b"etag")
        answer = None
        if held.is_plain and tag and held.route == asked.question.read.template:
            answer = Answer(held.header(b"content-type"), held.header(b"cache-control"), tag, held.body)
        return _Computed(scope, held.route or "unmatched", held, answer)

    async def _encode(self, answer: Answer, asked: Asked) -> None:
        # the answer is held while it is encoded, so its id is nobody else's
        await self._encoding.join((id(answer), asked.encoding), lambda: encoded(answer, asked.encoding))
        self._memory.grew(asked.key, answer)


async def _send_held(held: Held | None, send: Send) -> None:
    assert held is not None
    await send({"type": "http.response.start", "status": held.status, "headers": held.headers})
    await send({"type": "http.response.body", "body": held.body, "more_body": False})
