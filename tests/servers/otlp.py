"""A receiver of OpenTelemetry traces, OTLP over HTTP on this machine. It does not know who sends.

It keeps the spans that came, and answers as it is told to.
"""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class SpanReceiver:
    """`url` is what OTEL_EXPORTER_OTLP_ENDPOINT takes."""

    url: str = ""
    spans: list[Any] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    came: threading.Event = field(default_factory=threading.Event)

    def take(self, path: str, body: bytes) -> None:
        """Keeps what one request brings."""
        assert path == "/v1/traces", path
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            named = [pair.value.string_value for pair in resource.resource.attributes if pair.key == "service.name"]
            self.services.update(named)
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        self.came.set()


@contextmanager
def receiving_spans() -> Iterator[SpanReceiver]:
    """One on a free port, until left."""
    receiver = SpanReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take(self.path, gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
