"""One server of the benchmark in a process of its own: `python -m benchmarks._api.serve NAME PORT`. All of them run
under uvicorn with uvloop and httptools and the same settings.

Ours is the whole application as `python -m api` serves it: every layer, one JSON line a request on stderr, metrics.
"""

import sys
from typing import Any

import uvicorn

from benchmarks._api import plain


def application(name: str) -> Any:
    """`hello`, `bare`, `orm`, or ours: whether it keeps answers is a setting, INSITECHART_CACHE_MB."""
    match name:
        case "hello":
            return plain.hello()
        case "bare":
            return plain.Bare()
        case "orm":
            return plain.orm()
    from api.app import create_app
    from lib.cache.versions import CountedVersions
    from lib.logs import configure_logs

    configure_logs("info", "json")
    return create_app(versions=CountedVersions())


if __name__ == "__main__":
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
