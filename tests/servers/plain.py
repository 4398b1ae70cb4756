"""A local server over plain HTTP, for libraries that can be told where their provider is. It does not know what it
serves.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from aiohttp import web


@contextlib.contextmanager
def served(app: web.Application) -> Iterator[str]:
    """Serves `app` until left, in a thread with a loop of its own; yields its address, http://127.0.0.1:<port>."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="plain", daemon=True)
    thread.start()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    try:
        yield asyncio.run_coroutine_threadsafe(_start(runner), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _start(runner: web.AppRunner) -> str:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"
