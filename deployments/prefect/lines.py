"""How the processes of Prefect write their log lines: as every other of InsiteChart does. It does not import Prefect,
which asks for this while it loads.

deployments/prefect/logging.yaml names it, and PREFECT_LOGGING_SETTINGS_PATH that file. A process that is a flow run
puts the run's id on every line, also on those of the database and of webhooks, and is one trace.
"""

import atexit
import logging
import os

from lib.errors import ConfigurationError
from lib.logs import line_handler
from lib.settings import Settings, load_settings
from lib.tracing import configure_tracing, finish_tracing, spans

# Prefect tells a process by this which flow run it is
_RUN = "PREFECT__FLOW_RUN_ID"


def console() -> logging.Handler:
    """Writes every line of this process on stderr."""
    run = os.environ.get(_RUN, "")
    try:
        settings = load_settings()
    except ConfigurationError:
        # the flow says so itself, and better
        return line_handler("info", "auto", service="flows", flow_run_id=run)
    handler = line_handler(
        settings.log_level, settings.log_format, service="flows" if run else "prefect", flow_run_id=run
    )
    if run:
        _trace(settings, run)
    return handler


def _trace(settings: Settings, run: str) -> None:
    configure_tracing(settings, "flows")
    written = spans()
    if written is None:
        return
    under = written.begin_run()

    def finish() -> None:
        written.end(under, "flow run", {"insitechart.flow_run_id": run})
        finish_tracing()

    atexit.register(finish)
