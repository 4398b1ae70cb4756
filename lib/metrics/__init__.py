"""Every metric of InsiteChart: the one place for names, labels and buckets. It does not know who measures or who asks.

Names follow Prometheus: seconds and bytes as units, `_total` on what only grows. A label never holds what a client
chose freely: routes are templates, unknown paths are one value. Here is what a process measures of itself; what is
measured in the database, for collectors are processes that come and go, is lib/metrics/measured.py.
"""

from collections.abc import Callable
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, Info, generate_latest

from lib.metrics.measured import Snapshot

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

PASSWORD_CHECKS = Counter(
    "insitechart_password_checks_total", "Checks and hashes of passwords: done, or refused for too many at once.",
    ["outcome"],
)  # fmt: skip
LOGINS = Counter("insitechart_logins_total", "Logins by outcome.", ["outcome"])
MAILS = Counter("insitechart_mails_total", "Mails by outcome; later: it is tried again.", ["outcome"])

_POOL_CONNECTIONS = Gauge(
    "insitechart_database_pool_connections",
    "Connections of the pool to PostgreSQL: open, of these idle, and how many there may be at most.",
    ["state"],
)

CHANGES_READ = Counter("insitechart_changes_read_total", "Changes read from the log by this process.", ["kind"])
CHANGES_LAG = Gauge(
    "insitechart_changes_lag_seconds",
    "Time since this process knew every change committed by then; it grows while the database is away.",
)
STREAM_LISTENERS = Gauge("insitechart_stream_listeners", "Clients that listen to the stream of changes now.")
STREAM_EVENTS = Counter("insitechart_stream_events_total", "Events handed to listeners, each time one is.")
STREAM_LISTENERS_ENDED = Counter(
    "insitechart_stream_listeners_ended_total",
    "Listeners that are no more: gone by themselves, slow (they did not read), or closing (the process ended).",
    ["reason"],
)
STREAM_LISTENERS_REFUSED = Counter(
    "insitechart_stream_listeners_refused_total",
    "Listeners that were not let in, by the limit that they met: of the process or of the address.",
    ["limit"],
)


_ANSWERS = Counter(
    "insitechart_answers_total",
    "Reads of stocks and sentiment: given out of memory, found with another process, or computed.",
    ["origin"],
)  # fmt: skip
ANSWERS_KEPT, ANSWERS_SHARED, ANSWERS_COMPUTED = (
    _ANSWERS.labels(origin) for origin in ("memory", "shared", "computed")
)
_ANSWERS_BYTES = Gauge("insitechart_answers_bytes", "Memory that kept answers take.")


def watch_answers(size: Callable[[], int]) -> None:
    """Takes the gauge of kept answers from this function at every scrape."""
    _ANSWERS_BYTES.set_function(size)


def watch_pool(size: Callable[[], int], idle: Callable[[], int], most: Callable[[], int]) -> None:
    """Takes the pool's gauges from these functions at every scrape."""
    _POOL_CONNECTIONS.labels("open").set_function(size)
    _POOL_CONNECTIONS.labels("idle").set_function(idle)
    _POOL_CONNECTIONS.labels("most").set_function(most)


RATE_LIMITED = Counter("insitechart_rate_limited_total", "Requests beyond their budget.", ["budget"])
REDIS_UP = Gauge("insitechart_redis_up", "1 while Redis answers; it stays 0 where none is configured.")
REDIS_FAILURES = Counter(
    "insitechart_redis_failures_total", "Uses of Redis that failed, and fell back on memory.", ["use"]
)  # fmt: skip


def exposition(*snapshots: Snapshot) -> bytes:
    """Every metric in Prometheus' text format, to be sent as CONTENT_TYPE."""
    return b"".join(generate_latest(collector) for collector in (REGISTRY, *snapshots))
