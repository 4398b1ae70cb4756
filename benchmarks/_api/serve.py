"""One server of the benchmark in a process of its own: `python -m benchmarks._api.serve NAME PORT`. All of them run
under uvicorn with uvloop and httptools and the same settings.

Ours is the whole application as `python -m api` serves it: every layer, one JSON line a request on stderr, metrics.
"""

import sys
from typing import Any

import uvicorn

from benchmarks._api import plain


def application(name: str) -> Any:
    """`hello`, `bare` or `orm`."""
    match name:
        case "hello":
            return plain.hello()
        case "bare":
            return plain.Bare()
    return plain.orm()


def serve_ours(port: int) -> None:
    """As `python -m api` does; whether it keeps answers is a setting, INSITECHART_CACHE_MB."""
    from api.__main__ import server_config
    from api.app import create_app
    from api.live.serving import StreamingServer
    from lib.logs import configure_logs
    from lib.settings import Settings

    configure_logs("info", "json")
    settings = Settings(api_port=port)
    app = create_app(settings)
    StreamingServer(server_config(settings, app), lambda: app.state.get("feed")).run()


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        serve_ours(int(sys.argv[2]))
    else:
        uvicorn.run(
            application(sys.argv[1]),
            host="127.0.0.1",
            port=int(sys.argv[2]),
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
        )
