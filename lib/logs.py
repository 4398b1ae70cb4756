"""Log lines: JSON where machines read, colours where a person watches.

It does not know what is logged, nor Prefect's own logging.
"""

import asyncio
import atexit
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic
from typing import Literal, TextIO

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# the request that this line is about; set by whoever answers it, and on every line until it is set otherwise
request_id: ContextVar[str] = ContextVar("request_id", default="")

# how long a ready line may wait for others, so that one write serves many
_GATHER_S, _TOO_LONG_S = 0.02, 1.0

_ready_lines: Callable[[str], object] | None = None


def configure_logs(level: str = "info", style: Literal["auto", "json", "console"] = "auto") -> None:
    """Sets the process's log lines up: one event a line on stderr, UTC time stamps, context variables on every line.

    Lines of libraries that use the standard logging module pass through the same renderer.
    """
    global _ready_lines
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    # plain tracebacks: the rich ones print local variables, and a database URL with its password may be among them
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    # a line for every request of Prefect's client would drown all others
    logging.getLogger("httpx").setLevel(max(logging.WARNING, _LEVELS[level]))
    written = _Gathered(sys.stderr).add if root.isEnabledFor(logging.INFO) else len
    _ready_lines = None if console else written


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


def _add_request_id(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    current = request_id.get()
    if current:
        event.setdefault("request_id", current)
    return event
