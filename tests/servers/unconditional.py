"""An S3 that refuses whatever carries a condition, as OpenStack Swift does: a local S3 with a porter in front.

It does not know what it lets through.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

_REFUSAL = (
    '<?xml version="1.0"?><Error><Code>NotImplemented</Code>'
    "<Message>Conditional object PUTs are not supported.</Message></Error>"
)


@asynccontextmanager
async def unconditional(url: str) -> AsyncIterator[str]:
    """The address of the porter in front of the S3 at `url`."""
    async with ClientSession(auto_decompress=False) as session:

        async def let_through(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            if "If-None-Match" in request.headers:
                return web.Response(status=501, text=_REFUSAL, content_type="application/xml")
            headers = {name: value for name, value in request.headers.items() if name != "Expect"}
            target = f"{url}{request.raw_path}"
            async with session.request(request.method, target, data=body, headers=headers) as answer:
                kept = {
                    name: value
                    for name, value in answer.headers.items()
                    if name.lower() not in ("transfer-encoding", "connection", "content-length")
                }
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", let_through)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
