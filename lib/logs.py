"""Log lines: JSON where machines read, colours where a person watches; nothing personal or secret in either.

It does not know what is logged, nor Prefect's own logging. docs/logs.md tells what every field means.
"""

import asyncio
import atexit
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from io import StringIO
from time import monotonic
from typing import Literal, TextIO

import structlog

from lib.hidden import hidden, hidden_in
from lib.trace_ids import trace_id_of

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# whose lines may be of level debug: other libraries write addresses, headers and bodies at that level
_OURS = ("api", "lib", "flows", "deployments", "tests", "benchmarks")

# the request that this line is about; set by whoever answers it, and on every line until it is set otherwise
request_id: ContextVar[str] = ContextVar("request_id", default="")

# what Prefect knows of a line beside its text
_OF_A_RUN = {"flow_name": "flow", "flow_run_name": "flow_run", "task_name": "task", "task_run_name": "task_run"}

# how long a ready line may wait for others, so that one write serves many
_GATHER_S, _TOO_LONG_S = 0.02, 1.0

_ready_lines: Callable[[str], object] | None = None
_service = "insitechart"
_run: dict[str, str] = {}


def configure_logs(
    level: str = "info",
    style: Literal["auto", "json", "console"] = "auto",
    *,
    service: str = "insitechart",
    flow_run_id: str = "",
) -> None:
    """Sets the process's log lines up: one event a line on stderr, UTC time stamps, context variables on every line.

    Lines of libraries that use the standard logging module pass through the same renderer. `service` names who writes;
    a process that is one flow run names it (a UUID), and its lines bear the id of its trace instead of a request's.
    """
    handler = line_handler(level, style, service=service, flow_run_id=flow_run_id)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.INFO, _LEVELS[level]))


def line_handler(
    level: str, style: Literal["auto", "json", "console"], *, service: str, flow_run_id: str = ""
) -> logging.Handler:
    """What writes the lines that `configure_logs` describes, for whoever arranges the loggers by themselves."""
    global _ready_lines, _service
    _service = service
    _run.clear()
    if flow_run_id:
        _run.update(request_id=trace_id_of(flow_run_id), flow_run_id=flow_run_id)
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(_OF_A_RUN),
        _add_context,
        *([] if console else [_add_service]),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    # plain tracebacks: the rich ones print local variables, and a database URL with its password may be among them
    renderer: list[structlog.typing.Processor] = (
        [_hide, structlog.dev.ConsoleRenderer(exception_formatter=_hidden_traceback)]
        if console
        else [structlog.processors.format_exc_info, _hide, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    for name in _OURS:
        logging.getLogger(name).setLevel(_LEVELS[level])
    # a line for every request of Prefect's client would drown all others
    logging.getLogger("httpx").setLevel(max(logging.WARNING, _LEVELS[level]))
    written = _Gathered(sys.stderr).add if _LEVELS[level] <= logging.INFO else len
    _ready_lines = None if console else written
    return handler


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose calls take an event and named values: `log.info("bars stored", symbol="AAPL", rows=252)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def ready_lines() -> Callable[[str], object] | None:
    """Takes finished JSON lines of level info, each with its line break, or swallows them where the level is higher;
    None where lines are not JSON. For what logs so often that rendering and writing each cost more than doing.

    Lines wait up to _GATHER_S for each other; a process that is killed loses those, one that ends does not.
    """
    return _ready_lines


class _Gathered:
    """Lines on their way to `stream`, which are written together."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._since = 0.0
        atexit.register(self._write)

    def add(self, line: str) -> None:
        now = monotonic()
        self._lines.append(line)
        if len(self._lines) == 1:
            self._since = now
            try:
                asyncio.get_running_loop().call_later(_GATHER_S, self._write)
            except RuntimeError:
                self._write()
        elif now - self._since > _TOO_LONG_S:
            # the loop that was to write them has ended
            self._write()

    def _write(self) -> None:
        if self._lines:
            text = "".join(self._lines)
            self._lines.clear()
            # a stream that is closed or broken has nobody left who reads it, and no answer is to fail for that
            with suppress(OSError, ValueError):
                self._stream.write(text)


def service_name() -> str:
    """Who writes the lines of this process."""
    return _service


def current_id() -> str:
    """The id of the request or flow run that is under way, empty where there is none."""
    return request_id.get() or _run.get("request_id", "")


def _add_context(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for given, name in _OF_A_RUN.items():
        if given in event:
            event[name] = event.pop(given)
    for name, value in _run.items():
        event.setdefault(name, value)
    current = request_id.get()
    if current:
        event.setdefault("request_id", current)
    return event


def _add_service(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event.setdefault("service", _service)
    return event


def _hide(_: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name, value in event.items():
        if isinstance(value, str | list | tuple | dict):
            event[name] = hidden_in(value)
        elif isinstance(value, BaseException):
            event[name] = hidden(str(value))
    return event


def _hidden_traceback(stream: TextIO, error: structlog.typing.ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    stream.write(hidden(text.getvalue()))
