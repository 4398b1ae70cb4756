"""A webhook on a real server that keeps what it hears. It does not know who tells it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Hearer:
    """Answers with `status`; `url` is its address as people who are told have one."""

    url: str = ""
    status: int = 200
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Keeps what came, if it is well."""
        if self.status == 200:
            self.heard.append(json.loads(await request.text()))
        return web.Response(status=self.status, text="hunter2")

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.heard]


@asynccontextmanager
async def hearing() -> AsyncIterator[Hearer]:
    """One that listens until it is left. Its address holds `hunter2`, which nobody is to be shown."""
    opened = Hearer()
    app = web.Application()
    app.router.add_post("/{path:.*}", opened.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    opened.url = f"json://127.0.0.1:{runner.addresses[0][1]}/hunter2"
    try:
        yield opened
    finally:
        await runner.cleanup()
