"""A line to the API server of the cluster that it runs in, which drops or refuses every third request.

It is run in a pod: `python kubernetes_proxy.py PORT KUBECONFIG`, and KUBECONFIG then leads over it.
"""

import asyncio
import itertools
import os
import ssl
import sys
from pathlib import Path

import aiohttp
from aiohttp import web

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
FAILS = itertools.cycle([None, None, 503, None, None, 0, None, None, 500, None, None, 429])


async def main(port: int, kubeconfig: Path) -> None:
    """Serves until it is killed."""
    base = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    trusted = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    failed = 0

    async with aiohttp.ClientSession(headers=headers) as session:

        async def hand_on(request: web.Request) -> web.Response:
            nonlocal failed
            how = next(FAILS)
            body = await request.read()
            # a line that is cut may be cut after the work was done
            if how in (None, 0):
                kept = {name: request.headers[name] for name in ("Content-Type", "Accept") if name in request.headers}
                async with session.request(
                    request.method, base + request.path_qs, data=body, headers=kept, ssl=trusted
                ) as answer:
                    said, status, kind = await answer.read(), answer.status, answer.content_type
            if how is None:
                return web.Response(body=said, status=status, content_type=kind)
            failed += 1
            (kubeconfig.parent / "failed").write_text(str(failed))
            if how == 0:
                assert request.transport is not None
                request.transport.abort()
            return web.Response(status=how or 500, text="it was made to fail")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", hand_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        kubeconfig.write_text(
            f"""{{"apiVersion": "v1", "kind": "Config", "current-context": "a",
            "clusters": [{{"name": "a", "cluster": {{"server": "http://127.0.0.1:{port}"}}}}],
            "users": [{{"name": "a", "user": {{}}}}],
            "contexts": [{{"name": "a", "context": {{"cluster": "a", "user": "a"}}}}]}}"""
        )
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
