"""`python -m api`: serves the application at INSITECHART_API_HOST and _PORT until it is told to stop. It starts
nothing else.
"""

import sys

import uvicorn
from litestar.types import ASGIApp

from api.app import create_app
from api.live.serving import StreamingServer, allow_open_files
from api.walls.protocol import GuardedProtocol
from lib.errors import ConfigurationError
from lib.logs import configure_logs
from lib.production import require_safe
from lib.settings import Settings, load_settings
from lib.tracing import configure_tracing


def main() -> None:
    """Runs until SIGINT or SIGTERM; answers under way are finished first. Exit code 1 for settings that are unsafe."""
    settings = load_settings()
    name = service_of(settings)
    configure_logs(settings.log_level, settings.log_format, service=name)
    configure_tracing(settings, name)
    try:
        require_safe(settings)
    except ConfigurationError as error:
        sys.exit(f"{error}\n{error.hint}")
    allow_open_files(settings.stream_listeners)
    app = create_app(settings)
    StreamingServer(server_config(settings, app), lambda: app.state.get("feed")).run()


def service_of(settings: Settings) -> str:
    """The name under which log lines and spans of this process are kept."""
    return settings.services[0] if len(settings.services) == 1 else "api"


def server_config(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves: with the limits that it lacks, and without what it would believe or tell by itself."""
    return uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        http=GuardedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        # who ends containers waits for ten seconds, and then does not ask any more
        timeout_graceful_shutdown=8,
        limit_concurrency=settings.api_connections,
        # who really asks is found out by api/walls/proxies.py
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
