"""Every metric that is read from the database: names and labels, and how its values are handed over, as a Snapshot.

The rules of names are those of lib/metrics. It does not read them.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

from prometheus_client import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


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
MENTIONS_KEPT = Measure("insitechart_mentions_kept", "Mentions of symbols that are kept.")
SCORES_KEPT = Measure("insitechart_scores_kept", "Scores of posts that are kept.", ("scorer",))
SCORE_QUEUE = Measure("insitechart_score_queue_posts", "Posts that wait for a reading.")
SCORE_QUEUE_AGE = Measure(
    "insitechart_score_queue_oldest_age_seconds", "How long the first of them has waited; 0 where none waits."
)

FLOWS_SEEN = Measure(
    "insitechart_flows_seen_timestamp_seconds", "When Prefect was last asked how its runs stand; missing: never."
)
FLOW_RUNS_ENDED = Measure(
    "insitechart_flow_runs_ended_recently",
    "Runs that ended in the hour before Prefect was last asked.",
    ("flow", "deployment", "state"),
)
FLOW_RUNS_UNDER_WAY = Measure("insitechart_flow_runs_under_way", "Runs under way then.", ("flow", "deployment"))
FLOW_RUNS_OVERLONG = Measure(
    "insitechart_flow_runs_overlong",
    "Of these, runs under way for longer than any of their kind should take.",
    ("flow", "deployment"),
)
FLOW_RUNS_LATE = Measure(
    "insitechart_flow_runs_late", "Runs that should have begun more than a minute before.", ("flow", "deployment")
)
FLOW_RUN_OLDEST = Measure(
    "insitechart_flow_run_oldest_age_seconds", "For how long the oldest of the runs was under way.",
    ("flow", "deployment"),
)  # fmt: skip
FLOW_SUCCESS = Measure(
    "insitechart_flow_last_success_timestamp_seconds", "When a run last ended well.", ("flow", "deployment")
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


DRILL_OVERDUE = Measure(
    "insitechart_drill_overdue_seconds",
    "For how long a quarterly drill has been due and not held; 0 where none is due.",
    ("scenario",),
)
RECOVERY_TARGET = Measure(
    "insitechart_recovery_target_seconds",
    "What is promised: seconds of data lost (rpo), seconds until service (rto), by what is lost.",
    ("target", "lost"),
)


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
