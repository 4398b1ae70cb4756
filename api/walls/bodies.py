"""The body of a request: how large it may be, and how long it may take. It does not know what it holds."""

import asyncio
from time import monotonic

from litestar.types import Receive
from litestar.types.asgi_types import ReceiveMessage

from api.problems import BodyTooLarge, BodyTooSlow
from api.walls.refusals import Refused

BODY_BYTES = 1024 * 1024
BODY_S = 15.0
# for routes whose longest fields are far shorter: what reads a body does it before it knows how much of it is wanted
SMALL_BODY_BYTES = 64 * 1024
FORM_BYTES = 16 * 1024


def check_length(value: bytes, most: int) -> Refused | None:
    """What is wrong with a Content-Length, if anything."""
    if not value.isdigit():
        return Refused(400, "bad-header", "Content-Length is no number.")
    if len(value) > 15 or int(value) > most:
        return Refused(
            413, "request-entity-too-large", f"The body is larger than {most} bytes.", hint="Send less at once."
        )
    return None


class BoundedBody:
    """`receive` that raises BodyTooLarge past `most` bytes, whatever length was announced, and BodyTooSlow where the
    whole body is not there within `seconds` of the first look at it.
    """

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._until = 0.0
        self._seen = 0
        self._whole = False

    async def __call__(self) -> ReceiveMessage:
        """The next message."""
        if self._whole:
            # what is left to come is that the client goes, and that may take as long as it likes
            return await self._receive()
        self._until = self._until or monotonic() + self._seconds
        try:
            async with asyncio.timeout(self._until - monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow(
                f"The body did not arrive within {self._seconds:g} s.", hint="Send it at once, or less of it."
            ) from None
        if message["type"] == "http.request":
            self._seen += len(message["body"])
            self._whole = not message["more_body"]
            if self._seen > self._most:
                raise BodyTooLarge(f"The body is larger than {self._most} bytes.", hint="Send less at once.")
        return message
