"""Long tables as CSV, row after row: what is sent is made while the client reads, and never held as a whole.

A client that is slow makes the next piece wait, not the database: no connection is held between two pieces. One that
reads nothing at all for STALL_S is let go. It does not know what the rows are.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from litestar import Request, Response
from litestar.types import Receive, Scope, Send

from api.answers import CSV, wants_csv
from api.problems import BadParameter
from lib.errors import InsiteChartError
from lib.logs import get_logger

log = get_logger(__name__)

# what one answer may hold as a whole, and what may be streamed
MOST_ROWS, MOST_STREAMED = 10_000, 1_000_000
SLICE_ROWS = 5_000
# pieces that are made at the same time, all clients together: the other connections are for short questions
AT_ONCE = 2
STALL_S = 30.0


def is_streamed(request: Request[Any, Any, Any], limit: int) -> bool:
    """Is the answer one to be streamed? Raises BadParameter for a `limit` that only a stream may have."""
    if limit <= MOST_ROWS:
        return False
    if not wants_csv(request):
        raise BadParameter(
            "limit",
            f"An answer in JSON holds at most {MOST_ROWS} rows.",
            accepted=f"a whole number from 1 to {MOST_ROWS}; to {MOST_STREAMED} with `Accept: {CSV}`",
        )
    return True


async def csv_stream(request: Request[Any, Any, Any], pieces: AsyncIterator[str]) -> "CsvStream":
    """The answer that sends `pieces`, after the first of them has been made: what is wrong with the question is still
    answered by a problem.
    """
    turns: asyncio.Semaphore = request.app.state.streaming
    async with turns:
        first = await anext(pieces, "")
    return CsvStream(first, pieces, turns)


class CsvStream(Response[Any]):
    """An answer of status 200 in pieces, without a tag: nobody knows its bytes before they are sent."""

    def __init__(self, first: str, rest: AsyncIterator[str], turns: asyncio.Semaphore) -> None:
        super().__init__(None)
        self._first, self._rest, self._turns = first, rest, turns

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        return self._respond

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/csv; charset=utf-8"), (b"cache-control", b"no-store"), (b"vary", b"Accept")]
        gone = asyncio.create_task(_gone(receive))
        try:
            async with aclosing(self._rest):  # type: ignore[type-var]  # a generator, which can be closed
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                piece: str | None = self._first
                while piece is not None and not gone.done():
                    async with asyncio.timeout(STALL_S):
                        await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
                    async with self._turns:
                        piece = await anext(self._rest, None)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            # the answer stays without its end, and the server cuts the connection
            log.warning("a client reads nothing, and is let go", path=scope["path"], seconds=STALL_S)
        except InsiteChartError as error:
            log.warning("a table breaks off", path=scope["path"], error=str(error))
        finally:
            gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
