"""Traces, for whoever wants them: OpenTelemetry spans of requests, statements and flow runs.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then nothing of OpenTelemetry is even loaded. It does not know who asks,
nor how spans travel (lib/spans.py).
"""

import secrets
from typing import TYPE_CHECKING

from lib.logs import current_id
from lib.settings import Settings
from lib.trace_ids import traceparent

if TYPE_CHECKING:
    from lib.spans import Spans

_spans: "Spans | None" = None


def configure_tracing(settings: Settings, service: str) -> None:
    """Sets the process's spans up, once, where the settings want any. `service` is the name that they bear."""
    global _spans
    if settings.otlp_endpoint is None or _spans is not None:
        return
    from lib.spans import Spans  # who has none does not pay for the import

    _spans = Spans(settings.otlp_endpoint, service)


def spans() -> "Spans | None":
    """Where spans are written, None where nobody wants them."""
    return _spans


def outgoing() -> dict[str, str]:
    """The header that tells a receiver which request or flow run sent it something; none where there is neither."""
    current = current_id()
    if not current:
        return {}
    parent = _spans.parent() if _spans is not None else None
    if parent is None:
        return {"traceparent": traceparent(current, secrets.token_hex(8), sampled=False)}
    return {"traceparent": traceparent(parent.trace_id, parent.span_id, sampled=parent.sampled)}


def finish_tracing() -> None:
    """Sends what is left, for at most a few seconds."""
    global _spans
    if _spans is not None:
        _spans.close()
        _spans = None
