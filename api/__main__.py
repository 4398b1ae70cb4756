"""`python -m api`: serves the application at INSITECHART_API_HOST and _PORT until it is told to stop. It starts
nothing else.
"""

import uvicorn

from api.app import create_app
from api.live.serving import StreamingServer, allow_open_files
from lib.logs import configure_logs
from lib.settings import load_settings


def main() -> None:
    """Runs until SIGINT or SIGTERM; answers under way are finished first."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    app = create_app(settings)
    allow_open_files(settings.stream_listeners)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    server = StreamingServer(
        config, end_streams=lambda: app.state.feed.close(), cut_streams=lambda: app.state.feed.cut()
    )
    server.run()


if __name__ == "__main__":
    main()
