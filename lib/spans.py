"""Spans as OpenTelemetry has them, sent by OTLP over HTTP. It does not know who wants them, nor any route or statement.

The SDK's own variables hold, too: OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES and so on.
A receiver that is away costs nothing but the spans: they wait in a bounded line and are dropped.
"""

from collections.abc import Mapping
from contextvars import Token
from importlib.metadata import version
from typing import Any, NamedTuple

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from lib.logs import current_id
from lib.trace_ids import Parent, trace_id_of

_SEND_S = 5.0


class Under(NamedTuple):
    """A span that is under way, and how to leave it."""

    span: Span
    token: Token[context.Context]


class Spans:
    """Everything that this process tells of itself. `endpoint` is the base of an OTLP receiver, without /v1/traces."""

    def __init__(self, endpoint: str, service: str) -> None:
        resource = Resource.create({"service.name": service, "service.version": version("insitechart")})
        self._provider = TracerProvider(resource=resource, id_generator=_TracesOfRequests(), shutdown_on_exit=True)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_SEND_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        # whoever speaks OpenTelemetry by itself, as Prefect can, writes into the same
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer("insitechart")

    def begin(self, name: str, parent: Parent | None) -> Under:
        """A span of the request that is under way, a part of `parent`'s. To be ended in the same task."""
        within = None if parent is None else trace.set_span_in_context(_remote(parent), context.Context())
        return self._begin(name, within, SpanKind.SERVER)

    def begin_run(self) -> Under:
        """A span of the flow run that this process is."""
        return self._begin("flow run", None, SpanKind.INTERNAL)

    def _begin(self, name: str, within: context.Context | None, kind: SpanKind) -> Under:
        span = self._tracer.start_span(name, within, kind)
        return Under(span, context.attach(trace.set_span_in_context(span)))

    def end(self, under: Under, name: str, attributes: Mapping[str, Any], *, failed: bool = False) -> None:
        """Ends it, under the name that it turned out to have."""
        context.detach(under.token)
        under.span.update_name(name)
        under.span.set_attributes(attributes)
        if failed:
            under.span.set_status(Status(StatusCode.ERROR))
        under.span.end()

    def done(
        self, name: str, began_ns: int, ended_ns: int, attributes: Mapping[str, Any], *, failed: bool = False
    ) -> None:
        """A span of something that is over, a part of what is under way. Nanoseconds since 1970."""
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes, start_time=began_ns)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended_ns)

    def parent(self) -> Parent | None:
        """Whose part others' work is; None while no span is under way."""
        current = trace.get_current_span().get_span_context()
        if not current.is_valid:
            return None
        return Parent(f"{current.trace_id:032x}", f"{current.span_id:016x}", current.trace_flags.sampled)

    def close(self) -> None:
        """Sends what is left."""
        self._provider.force_flush(int(_SEND_S * 1000))
        self._provider.shutdown()


class _TracesOfRequests(RandomIdGenerator):
    """A trace has the id of its request or flow run; what belongs to neither has one of its own."""

    def generate_trace_id(self) -> int:
        current = current_id()
        return int(trace_id_of(current), 16) if current else super().generate_trace_id()


def _remote(parent: Parent) -> NonRecordingSpan:
    flags = TraceFlags(TraceFlags.SAMPLED if parent.sampled else TraceFlags.DEFAULT)
    return NonRecordingSpan(SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, flags))
