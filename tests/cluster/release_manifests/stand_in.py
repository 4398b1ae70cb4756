"""Stands in for the API in a version that does badly, as STAND_IN says: never, 500 or late."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOW = os.environ["STAND_IN"]
COUNTS: dict[int, int] = {}


class Handler(BaseHTTPRequestHandler):
    """Healthy, until it is asked something."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers."""
        status, said = 200, "{}"
        if self.path == "/metrics":
            lines = [f'insitechart_http_requests_total{{route="/",status="{s}"}} {n}' for s, n in COUNTS.items()]
            said = "\n".join(["# TYPE insitechart_http_requests_total counter", *lines, ""])
        elif not self.path.startswith("/health"):
            is_probe = self.headers.get("User-Agent") == "insitechart-release"
            status = 500 if HOW == "500" or not is_probe else 200
            COUNTS[status] = COUNTS.get(status, 0) + 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if HOW == "never":
    sys.exit("this version cannot start")
# the first process of a container has no way to end unless it makes one
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
