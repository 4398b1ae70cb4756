"""What is told of statements: those that failed or took long in a log line, all of them in traces.

It does not know any statement, and never looks at the values that go with one.
"""

import re
import time
from functools import partial
from typing import Any

import asyncpg

from lib.logs import get_logger
from lib.tracing import spans

log = get_logger(__name__)

_SHOWN = 200
_BLANK, _LITERAL = re.compile(r"\s+"), re.compile(r"'(?:[^']|'')*'")

# what others are meant to answer for: a row that is there already, a turn that is to be tried again
_EXPECTED = ("23", "40")


async def tell_of_statements(connection: "asyncpg.Connection[Any]", *, slow_s: float, application: str) -> None:
    """From now on. Each line bears the id of the request or flow run, and the server process that did the work: its
    own log names it, too. `slow_s` 0: no statement is slow.
    """
    connection.add_query_logger(partial(_tell, slow_s or float("inf"), application, connection.get_server_pid()))


def _tell(slow_s: float, application: str, server_pid: int, done: Any) -> None:
    error = done.exception
    recorded = spans()
    if recorded is not None and recorded.parent() is None:
        # what is done all the time, for nobody in particular
        recorded = None
    if error is None and done.elapsed < slow_s and recorded is None:
        return
    statement = _shown(done.query)
    if recorded is not None:
        ended = time.time_ns()
        what = {"db.system.name": "postgresql", "db.query.text": statement, "insitechart.server_pid": server_pid}
        name = statement.split(" ", 1)[0]
        recorded.done(name, ended - int(done.elapsed * 1e9), ended, what, failed=error is not None)
    ms = round(done.elapsed * 1000, 1)
    about = {"statement": statement, "duration_ms": ms, "application": application, "server_pid": server_pid}
    if error is not None:
        # its words may hold values
        code = getattr(error, "sqlstate", None) or ""
        write = log.debug if code[:2] in _EXPECTED else log.warning
        write("statement failed", error=type(error).__name__, sqlstate=code, **about)
    elif done.elapsed >= slow_s:
        log.warning("statement slow", **about)


def _shown(query: str) -> str:
    text = _BLANK.sub(" ", _LITERAL.sub("'…'", query)).strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
