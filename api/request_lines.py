"""The log line of a request, as `log.info("request", …)` would write it at a tenth of the price. It knows no route.

A line costs less than the answer it tells of, so it can stay on. Whatever a client chose is written so that it can
neither end the line nor steer a terminal.
"""

from functools import lru_cache
from json.encoder import encode_basestring
from time import gmtime, strftime, time_ns

from lib.logs import get_logger, ready_lines

_LOGGER = "api.observed"
log = get_logger(_LOGGER)


def write_request_line(
    *, method: str, path: str, route: str, status: int, ms: float, request_id: str, quiet: bool = False
) -> None:
    """One line. `ms` is how long the answer took; a `quiet` one is of level debug. The id is to be of harmless
    characters.
    """
    shown = path if path.isprintable() else path.encode("unicode_escape").decode()
    write = None if quiet else ready_lines()
    if write is None:
        line = log.debug if quiet else log.info
        line("request", method=method, path=shown, route=route, status=status, ms=ms, request_id=request_id)
        return
    write(
        f'{{"method": {_word(method)}, "path": {encode_basestring(shown)}, "route": {_word(route)}, '
        f'"status": {status}, "ms": {ms}, "event": "request", "request_id": "{request_id}", '
        f'"level": "info", "logger": "{_LOGGER}", "timestamp": "{_now()}"}}\n'
    )


@lru_cache(maxsize=256)
def _word(text: str) -> str:
    return str(encode_basestring(text))


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


def _now() -> str:
    seconds, rest = divmod(time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{rest // 1000:06d}Z"
