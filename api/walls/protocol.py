"""HTTP on one connection, with what uvicorn leaves open: how long and how large the head of a request may be, and what
happens to a body that nobody reads. It does not know what is asked for.

uvicorn waits for a head without end, in time and in bytes, and goes on taking a body after it has been refused. Here a
head must be whole within HEAD_S, a new connection begin within it, and what follows a refusal is thrown away for a
moment, so that the answer can still be read, before the connection ends.
"""

import asyncio
from itertools import chain
from typing import Any, Final
from urllib.parse import urlsplit

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.at_once import at_once_of
from api.walls.heads import MOST_HEADER_BYTES, MOST_TARGET_BYTES
from api.walls.outer import ABORT
from lib.logs import get_logger

log = get_logger(__name__)

HEAD_S: Final = 10.0
LINGER_S: Final = 1.0

# names, colons and line ends come on top of what the walls count
MOST_HEAD_BYTES: Final = 2 * (MOST_HEADER_BYTES + MOST_TARGET_BYTES)

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with these limits: `uvicorn.run(app, http=GuardedProtocol)`."""

    head_s = HEAD_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_begun = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._lingering = False
        self._at_once = at_once_of(self.app)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection: its first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of it."""
        if self._lingering:
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(_TOO_LARGE)
        elif self._head_timer is None:
            # nearly every head comes whole, and a timer for each would cost more than reading it
            self._await_head()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        # the request before it may have come, and been answered, in the same piece
        self._unset_keepalive_if_required()
        extensions: dict[str, Any] = {ABORT: self.transport.abort}
        self.scope["extensions"] = extensions
        if not self._in_head:
            self._in_head, self._head_bytes = True, 0
        self._head_begun = True

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = self._head_begun = False
        self._stop_waiting()
        if not self.url.startswith(b"/"):
            self._take_authority()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The answer is sent; a body that is still coming is refused with it."""
        if self.cycle is not None and self.cycle.more_body and not self.pipeline and not self.transport.is_closing():
            self._linger()
            return
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """The request of `cycle` is to be answered: at once where nothing is in the way, else by a task."""
        if app is not self.app or not self._answer_at_once(cycle):
            super()._start_asgi_task(cycle, app)

    def _answer_at_once(self, cycle: RequestResponseCycle) -> bool:
        if not cycle.keep_alive or self.pipeline or self.flow.write_paused or cycle.waiting_for_100_continue:
            return False
        try:
            reply = self._at_once(cycle.scope)  # type: ignore[arg-type]  # uvicorn has a type of its own for it
        except Exception:
            # the parser would call it a bad request, and the usual way answers for errors
            log.exception("no answer at once")
            return False
        if reply is None:
            return False
        headers = chain(self.server_state.default_headers, reply.headers)
        head = b"%b%b\r\n\r\n" % (STATUS_LINE[reply.status], b"\r\n".join(map(b": ".join, headers)))
        # in one call of the system, and without a copy of the body
        self.transport.writelines((head, reply.body))
        cycle.response_started = cycle.response_complete = True
        cycle.more_body = False
        super().on_response_complete()
        return True

    def _take_authority(self) -> None:
        """`GET http://name/path`: the name in the target is the one that counts (RFC 9112, 3.2.2)."""
        authority = urlsplit(self.url).netloc.rpartition(b"@")[2]
        kept = [(name, value) for name, value in self.headers if name != b"host"]
        self.headers[:] = [*kept, (b"host", authority)] if authority else kept

    def _linger(self) -> None:
        self._lingering = True
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)

    def _await_head(self) -> None:
        self._stop_waiting()
        self._head_timer = self.loop.call_later(self.head_s, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        if self.transport.is_closing() or not self._in_head:
            return
        if self._head_begun:
            self._refuse(_TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, answer: bytes) -> None:
        # an answer to a request before this one may be under way: then there is no place for another
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(answer)
            self._linger()
        else:
            self.transport.close()
