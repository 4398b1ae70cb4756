"""The protocol that serves, on a connection in memory: what is fed to it, and what it writes. It knows no route."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from api.walls.protocol import GuardedProtocol

DATE = (b"date", b"today")


class Wire(asyncio.Transport):
    """A transport to 127.0.0.1 that keeps what is written. With `room` it is full at so many bytes until `drain`."""

    def __init__(self, room: int | None = None) -> None:
        super().__init__({"peername": ("127.0.0.1", 4711), "sockname": ("127.0.0.1", 8000)})
        self.written = b""
        self.calls = 0
        self._room = room
        self._held = 0
        self._closing = False
        self.protocol: GuardedProtocol | None = None

    def write(self, data: Any) -> None:
        """As the peer gets it."""
        self.calls += 1
        self.written += data
        self._held += len(data)
        if self._room is not None and self._held > self._room and self.protocol is not None:
            self.protocol.pause_writing()

    def drain(self) -> None:
        """The peer has read everything."""
        self._held = 0
        assert self.protocol is not None
        self.protocol.resume_writing()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self._closing = True

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """Whoever feeds it stops by itself."""

    def resume_reading(self) -> None:
        """The same."""


class UsualProtocol(GuardedProtocol):
    """Nothing is answered at once."""

    def _answer_at_once(self, cycle: Any) -> bool:
        return False


class Connection:
    """One connection to the application that `config` serves."""

    def __init__(
        self, config: uvicorn.Config, protocol: type[GuardedProtocol] = GuardedProtocol, *, room: int | None = None
    ) -> None:
        if not config.loaded:
            config.load()
        self.state = ServerState()
        self.state.default_headers = [DATE]
        self.wire = Wire(room)
        self.protocol = protocol(config, self.state, {})
        self.wire.protocol = self.protocol
        self.protocol.connection_made(self.wire)

    def feed(self, data: bytes) -> None:
        """Some bytes of the client."""
        if not self.wire.is_closing():
            self.protocol.data_received(data)

    async def settle(self) -> None:
        """Until nothing is under way; whoever waits for the client to read is not waited for."""
        while self.state.tasks and not self.protocol.flow.write_paused:
            await asyncio.wait(set(self.state.tasks), timeout=0.05)

    async def ask(self, *pieces: bytes) -> bytes:
        """What is written for them."""
        before = len(self.wire.written)
        for piece in pieces:
            self.feed(piece)
        await self.settle()
        return self.wire.written[before:]

    def end(self) -> None:
        """The client is gone."""
        self.wire.close()
        self.protocol.connection_lost(None)
