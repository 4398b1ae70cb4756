"""What is told of statements: those that failed or took long in a log line, all of them in traces.

It does not know any statement, and never looks at the values that go with one.
"""

import re
from collections.abc import Awaitable
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

import asyncpg

from lib.logs import get_logger
from lib.tracing import spans

if TYPE_CHECKING:
    Base = asyncpg.Connection[Any]
else:
    Base = asyncpg.Connection

log = get_logger(__name__)

_SHOWN = 200
_BLANK, _LITERAL = re.compile(r"\s+"), re.compile(r"'(?:[^']|'')*'")

# what others are meant to answer for: a row that is there already, a turn that is to be tried again
_EXPECTED = ("23", "40")


class _Telling(Base):
    """Looks at the clock around each statement. asyncpg's own way to be told of statements takes a turn of the event
    loop for each, which is more than many of them cost.
    """

    slow_s = float("inf")
    application = ""

    async def _execute(self, query: str, *arguments: Any, **options: Any) -> Any:
        return await self._told(query, super()._execute(query, *arguments, **options))  # type: ignore[misc]

    async def _executemany(self, query: str, *arguments: Any, **options: Any) -> Any:
        return await self._told(query, super()._executemany(query, *arguments, **options))  # type: ignore[misc]

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        doing = super().execute(query, *args, **options)
        # with arguments it goes the way above
        done: str = await (doing if args else self._told(query, doing))
        return done

    async def _told(self, query: str, doing: Awaitable[Any]) -> Any:
        began = monotonic()
        try:
            result = await doing
        except Exception as error:
            self._tell(query, monotonic() - began, error)
            raise
        seconds = monotonic() - began
        if seconds >= self.slow_s or spans() is not None:
            self._tell(query, seconds, None)
        return result

    def _tell(self, query: str, seconds: float, error: Exception | None) -> None:
        statement = _shown(query)
        pid = self.get_server_pid()
        _record(statement, pid, seconds, failed=error is not None)
        about = {
            "statement": statement,
            "duration_ms": round(seconds * 1000, 1),
            "application": self.application,
            "server_pid": pid,
        }
        if error is not None:
            # its words may hold values
            code = getattr(error, "sqlstate", None) or ""
            write = log.debug if code[:2] in _EXPECTED else log.warning
            write("statement failed", error=type(error).__name__, sqlstate=code, **about)
        elif seconds >= self.slow_s:
            log.warning("statement slow", **about)


def telling_connection(slow_s: float, application: str) -> "type[asyncpg.Connection[Any]]":
    """The class of connections that tell. Each line bears the id of the request or flow run, and the server process
    that did the work: its own log names it, too. `slow_s` 0: no statement is slow.
    """
    return type("TellingConnection", (_Telling,), {"slow_s": slow_s or float("inf"), "application": application})


def _record(statement: str, server_pid: int, seconds: float, *, failed: bool) -> None:
    recorded = spans()
    # what is done all the time, for nobody in particular, is in no trace
    if recorded is None or recorded.parent() is None:
        return
    ended = time_ns()
    what = {"db.system.name": "postgresql", "db.query.text": statement, "insitechart.server_pid": server_pid}
    recorded.done(statement.split(" ", 1)[0], ended - int(seconds * 1e9), ended, what, failed=failed)


def _shown(query: str) -> str:
    text = _BLANK.sub(" ", _LITERAL.sub("'…'", query)).strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
