"""The log line of a request, as `log.info("request", …)` would write it at a tenth of the price. It knows no route.

A line costs less than the answer it tells of, so it can stay on. Whatever a client chose is written so that it can
neither end the line nor steer a terminal.
"""

from functools import lru_cache
from json.encoder import encode_basestring
from time import gmtime, strftime, time_ns

from lib.hidden import hidden
from lib.logs import get_logger, ready_lines, service_name

_LOGGER = "api.observed"
_LONGEST_KNOWN = 256
log = get_logger(_LOGGER)


def write_request_line(
    *, method: str, path: str, route: str, status: int, duration_ms: float, request_id: str, quiet: bool = False
) -> None:
    """One line. `duration_ms` is how long the answer took; a `quiet` one is of level debug. The id is to be of harmless
    characters.
    """
    write = None if quiet else ready_lines()
    if write is None:
        shown = _harmless(path)
        line = log.debug if quiet else log.info
        line(
            "request",
            method=method,
            path=shown,
            route=route,
            status=status,
            duration_ms=duration_ms,
            request_id=request_id,
        )
        return
    us = time_ns() // 1000
    # clients choose paths, and are not to fill that memory with long ones
    beginning = _known_beginning if len(path) <= _LONGEST_KNOWN else _beginning
    write(
        f'{beginning(method, path, route, status)}{duration_ms}, "event": "request", "request_id": "{request_id}", '
        f'"level": "info", "logger": "{_LOGGER}", "timestamp": "{_second(us // 1_000_000)}.{us % 1_000_000:06d}Z"}}\n'
    )


def _harmless(path: str) -> str:
    return hidden(path if path.isprintable() else path.encode("unicode_escape").decode())


def _beginning(method: str, path: str, route: str, status: int) -> str:
    words = (service_name(), method, _harmless(path), route)
    named = zip(("service", "method", "path", "route"), map(encode_basestring, words), strict=True)
    return "{" + "".join(f'"{name}": {word}, ' for name, word in named) + f'"status": {status}, "duration_ms": '


_known_beginning = lru_cache(maxsize=4096)(_beginning)


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
