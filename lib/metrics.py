"""Every metric of InsiteChart: the one place for names, labels and buckets. It does not know who measures or who asks.

Names follow Prometheus: seconds and bytes as units, `_total` on what only grows. A label never holds what a client
chose freely: routes are templates, unknown paths are one value.
"""

from collections.abc import Callable
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, Info, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST

BUILD = Info("insitechart_build", "Version of the code that runs.")
BUILD.info({"version": version("insitechart")})

HTTP_REQUESTS = Counter(
    "insitechart_http_requests_total", "Answered requests.", ["method", "route", "status"]
)  # fmt: skip
HTTP_SECONDS = Histogram(
    "insitechart_http_request_duration_seconds",
    "Time from a request's arrival to the last byte of its answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
HTTP_UNDER_WAY = Gauge("insitechart_http_requests_under_way", "Requests being answered now.")

_POOL_CONNECTIONS = Gauge(
    "insitechart_database_pool_connections", "Connections of the pool to PostgreSQL.", ["state"]
)  # fmt: skip


def watch_pool(size: Callable[[], int], idle: Callable[[], int]) -> None:
    """Takes the pool's gauges from these two functions at every scrape."""
    _POOL_CONNECTIONS.labels("open").set_function(size)
    _POOL_CONNECTIONS.labels("idle").set_function(idle)


def exposition() -> bytes:
    """Every metric in Prometheus' text format, to be sent as CONTENT_TYPE."""
    return generate_latest(REGISTRY)
