"""Every metric of InsiteChart: the one place for names, labels and buckets. It does not know who measures or who asks.

Names follow Prometheus: seconds and bytes as units, `_total` on what only grows. A label never holds what a client
chose freely: routes are templates, unknown paths are one value. What the collectors do is measured in the database,
for they are processes that come and go: those values are read whole, as a Snapshot.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from importlib.metadata import version
from typing import Literal, NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, Info, Metric, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

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
    "insitechart_database_pool_connections", "Connections of the pool to PostgreSQL.", ["state"]
)  # fmt: skip

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


def watch_pool(size: Callable[[], int], idle: Callable[[], int]) -> None:
    """Takes the pool's gauges from these two functions at every scrape."""
    _POOL_CONNECTIONS.labels("open").set_function(size)
    _POOL_CONNECTIONS.labels("idle").set_function(idle)


RATE_LIMITED = Counter("insitechart_rate_limited_total", "Requests beyond their budget.", ["budget"])
REDIS_UP = Gauge("insitechart_redis_up", "1 while Redis answers; it stays 0 where none is configured.")
REDIS_FAILURES = Counter(
    "insitechart_redis_failures_total", "Uses of Redis that failed, and fell back on memory.", ["use"]
)  # fmt: skip


class Measure(NamedTuple):
    """A metric of which all values are read at once, elsewhere: `kind` is gauge or counter."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


SOURCE_METRICS_UP = Measure(
    "insitechart_source_metrics_up",
    "1 if the metrics of sources could be read from the database, else they are left out.",
)
SOURCE_ENABLED = Measure(
    "insitechart_source_enabled", "1 if the source is configured and not switched off.", ("source",)
)
SOURCE_STREAMS = Measure(
    "insitechart_source_streams",
    "Streams by the state of their newest account.",
    ("source", "feed", "state"),
)
SOURCE_LAST_SUCCESS = Measure(
    "insitechart_source_last_success_timestamp_seconds",
    "When any stream of the feed last answered, if only that there is nothing new.",
    ("source", "feed"),
)
SOURCE_CURSOR = Measure(
    "insitechart_source_cursor_timestamp_seconds", "When any reader of the source last got further.", ("source",)
)
SOURCE_ASKED = Measure("insitechart_source_asked_recently", "Calls within the last hour.", ("source", "feed"))
SOURCE_RECEIVED = Measure(
    "insitechart_source_received_recently", "Items that came within the last hour.", ("source", "feed")
)
SOURCE_FRESHNESS_MEDIAN = Measure(
    "insitechart_source_freshness_median_seconds",
    "From publication to storing, the median of the posts of the last hour.",
    ("source",),
)
SOURCE_FRESHNESS_P95 = Measure(
    "insitechart_source_freshness_p95_seconds",
    "From publication to storing, the 95th percentile of the posts of the last hour.",
    ("source",),
)
SOURCE_SPEND = Measure(
    "insitechart_source_spend_dollars", "Dollars spent in the UTC day or month so far.", ("source", "period")
)
SOURCE_BUDGET = Measure(
    "insitechart_source_budget_dollars", "Dollars that may be spent in a UTC day or month.", ("source", "period")
)
SOURCE_FORECAST = Measure(
    "insitechart_source_spend_forecast_dollars", "Dollars that this month will have cost at its end.", ("source",)
)
SOURCE_CIRCUIT_OPEN = Measure(
    "insitechart_source_circuit_open",
    "1 while the source, or one of its streams, refuses us until a person acts.",
    ("source",),
)
SOURCE_GAPS = Measure(
    "insitechart_source_gaps", "Windows of which something is missing: open, or lost for good.", ("source", "state")
)
SOURCE_OVERDUE = Measure(
    "insitechart_source_verifications_overdue",
    "Posts that should have been looked at again, in case they were deleted.",
    ("source",),
)
POSTS_STORED = Measure("insitechart_posts_stored", "Posts ever stored.", ("source",), "counter")
SCORE_QUEUE = Measure("insitechart_score_queue_posts", "Posts that wait for a reading.")
SCORE_QUEUE_AGE = Measure(
    "insitechart_score_queue_oldest_age_seconds", "How long the first of them has waited; 0 where none waits."
)

ALERTS = Measure("insitechart_alerts", "Alerts that are looked at (active), and those that are paused.", ("state",))
ALERT_FIRINGS = Measure("insitechart_alert_firings", "Firings of alerts ever.", (), "counter")
ALERT_DELIVERIES = Measure("insitechart_alert_deliveries", "Deliveries of alerts that are kept, by state.", ("state",))
ALERT_OLDEST_DELIVERY = Measure(
    "insitechart_alert_deliveries_oldest_age_seconds", "How long the first delivery has waited; 0 where none waits."
)
ALERT_EVALUATION_SECONDS = Measure(
    "insitechart_alert_evaluation_seconds", "How long the last look at every alert took."
)
ALERT_EVALUATED = Measure(
    "insitechart_alert_evaluation_timestamp_seconds", "When every alert was last looked at; missing: never."
)

BACKUPS = Measure("insitechart_backups", "Backups by what has become of them.", ("kind", "state"))
BACKUPS_REFUSED = Measure(
    "insitechart_backup_verifications_failed", "Backups that a verification has refused, ever.", ("kind",)
)
BACKUP_AGE = Measure(
    "insitechart_backup_last_good_age_seconds",
    "How long ago the newest good backup was begun; missing: there is none.",
    ("kind",),
)
BACKUP_BYTES = Measure("insitechart_backup_last_good_bytes", "What it takes in the store.", ("kind",))
BACKUP_SECONDS = Measure("insitechart_backup_last_good_seconds", "How long it took.", ("kind",))
BACKUP_VERIFY_SECONDS = Measure(
    "insitechart_backup_last_good_verify_seconds", "How long it took to verify it by restoring it.", ("kind",)
)
RPO = Measure(
    "insitechart_recovery_point_age_seconds",
    "Seconds of data that losing the server now would cost; missing: everything.",
)
WAL_AGE = Measure(
    "insitechart_wal_safe_age_seconds", "How long ago the last commits were made that are in the store.", ("slot",)
)
WAL_SLOT_BYTES = Measure(
    "insitechart_wal_slot_bytes", "Write-ahead log that the server holds back for the store.", ("slot",)
)
WAL_BROKEN = Measure("insitechart_wal_broken", "1 while the log in the store has a gap.", ("slot",))
DRILL_RTO = Measure("insitechart_drill_rto_seconds", "Seconds until service in the last drill.", ("scenario",))
DRILL_RPO = Measure("insitechart_drill_rpo_seconds", "Seconds of data lost in the last drill.", ("scenario",))
DRILL_PASSED = Measure("insitechart_drill_passed", "1 if the last drill has kept its targets.", ("scenario",))
DRILL_AGE = Measure("insitechart_drill_age_seconds", "How long ago the last drill ended.", ("scenario",))


class Snapshot(Collector):
    """The values of measures at one moment."""

    def __init__(self) -> None:
        self._families: dict[Measure, GaugeMetricFamily | CounterMetricFamily] = {}

    def add(self, measure: Measure, value: float | Decimal, *labels: str) -> None:
        """One value, with the label values in the order of the measure's labels."""
        if measure not in self._families:
            family = GaugeMetricFamily if measure.kind == "gauge" else CounterMetricFamily
            self._families[measure] = family(measure.name, measure.documentation, labels=measure.labels)
        self._families[measure].add_metric(labels, float(value))

    def collect(self) -> Iterable[Metric]:
        """As prometheus-client asks for it."""
        return self._families.values()


def exposition(*snapshots: Snapshot) -> bytes:
    """Every metric in Prometheus' text format, to be sent as CONTENT_TYPE."""
    return b"".join(generate_latest(collector) for collector in (REGISTRY, *snapshots))
