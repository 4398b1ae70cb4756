"""What fired and what became of it, as owners see it; tests; and what operators count. It writes nothing but tests."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from lib.db.alerts.deliveries import State
from lib.db.pool import Pool
from lib.db.reading import read_row, read_rows
from lib.db.users.accounts import stand_in_line
from lib.db.writing import transaction
from lib.domain.alerts import Direction, Measure, Side, Window
from lib.domain.confidence import Confidence
from lib.errors import Throttled

MOST_TESTS = 10
_TESTS_WITHIN = timedelta(hours=1)

_HISTORY = """
SELECT f.id, f.fired_at, f.side, f.measure, f.time_window, f.direction, f.threshold, f.value, f.posts, f.confidence,
       f.quiet, d.id AS delivery_id, d.state, d.tries, d.status, d.reason, d.finished_at,
       CASE WHEN d.state = 'waiting' THEN d.next_try_at END AS next_try_at
FROM alert_firings f JOIN alerts a ON a.id = f.alert_id JOIN alert_deliveries d ON d.firing_id = f.id
WHERE a.user_id = $1 AND f.alert_id = $2
  AND (f.fired_at, f.id) <
      (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
ORDER BY f.fired_at DESC, f.id DESC
LIMIT $5
"""

_ALL = """
SELECT f.alert_id, f.id, f.fired_at, f.side, f.measure, f.time_window AS window, f.direction, f.threshold, f.value,
       f.posts, f.confidence, f.quiet, d.id AS delivery_id, d.state, d.tries, d.status, d.reason, d.finished_at
FROM alerts a JOIN alert_firings f ON f.alert_id = a.id JOIN alert_deliveries d ON d.firing_id = f.id
WHERE a.user_id = $1
ORDER BY f.fired_at DESC, f.id DESC
"""

_TESTS = "SELECT count(*), min(made_at) FROM alert_tests WHERE user_id = $1 AND made_at > $2"

_NOTE_TEST = "INSERT INTO alert_tests (user_id, made_at) VALUES ($1, $2)"

_TEST = """
INSERT INTO alert_deliveries (user_id, alert_id, next_try_at, created_at)
SELECT user_id, id, $3, $3 FROM alerts WHERE user_id = $1 AND id = $2
RETURNING id
"""

_COUNTS = "SELECT state, count(*) FROM alert_deliveries GROUP BY state"

_STANDING = """
SELECT (SELECT count(*) FROM alerts WHERE paused_at IS NULL) AS active,
       (SELECT count(*) FROM alerts WHERE paused_at IS NOT NULL) AS paused,
       (SELECT min(created_at) FROM alert_deliveries WHERE state = 'waiting') AS waiting_since,
       e.evaluated_at, e.seconds, e.firings
FROM alert_evaluation e
"""


class Fired(NamedTuple):
    """A firing with the rule as it was, and its delivery; moments are UTC."""

    id: UUID
    fired_at: datetime
    side: Side
    measure: Measure
    window: Window | None
    direction: Direction
    threshold: Decimal
    value: Decimal
    posts: int | None
    confidence: Confidence | None
    quiet: int
    delivery_id: UUID
    state: State
    tries: int
    status: int | None
    reason: str
    finished_at: datetime | None
    next_try_at: datetime | None


class FiredPage(NamedTuple):
    """Firings, the latest first; `more` says that earlier ones follow."""

    firings: list[Fired]
    more: bool


class Standing(NamedTuple):
    """How all alerts stand: when and in how many seconds they were last evaluated, and all that ever fired."""

    active: int
    paused: int
    waiting_since: datetime | None
    evaluated_at: datetime | None
    seconds: float
    firings: int


async def firings_of(
    pool: Pool, user_id: UUID, alert_id: UUID, *, limit: int, before: tuple[datetime, UUID] | None = None
) -> FiredPage:
    """At most `limit` firings of an alert of this person, older than `before`, the (fired_at, id) of the last one seen.
    Raises as read_rows.
    """
    fired_at, firing_id = before or (None, None)
    rows = await read_rows(pool, _HISTORY, user_id, alert_id, fired_at, firing_id, limit + 1)
    return FiredPage([Fired(*row) for row in rows[:limit]], more=len(rows) > limit)


async def add_test(pool: Pool, user_id: UUID, alert_id: UUID, now: datetime) -> UUID | None:
    """Queues a delivery that is due at once; None where the alert is not this person's, or not there. Raises Throttled
    after MOST_TESTS within an hour, whatever became of the alerts; as transaction.
    """
    async with transaction(pool) as conn:
        await stand_in_line(conn, user_id)
        made: UUID | None = await conn.fetchval(_TEST, user_id, alert_id, now)
        if made is None:
            return None
        row = await conn.fetchrow(_TESTS, user_id, now - _TESTS_WITHIN)
        assert row is not None
        count, first = row
        if count >= MOST_TESTS:
            wait_s = int((first + _TESTS_WITHIN - now).total_seconds()) + 1
            raise Throttled(f"There were {MOST_TESTS} tests within the hour.", retry_after_s=wait_s)
        await conn.execute(_NOTE_TEST, user_id, now)
        return made


async def all_firings_of(pool: Pool, user_id: UUID) -> list[dict[str, Any]]:
    """Every firing of a person's alerts with its delivery, as it is handed out on request. Raises as read_rows."""
    return [dict(row) for row in await read_rows(pool, _ALL, user_id)]


async def delivery_counts(pool: Pool) -> dict[State, int]:
    """Deliveries that are kept, by state. Raises as read_rows."""
    return {row["state"]: row["count"] for row in await read_rows(pool, _COUNTS)}


async def alerts_standing(pool: Pool) -> Standing:
    """How all alerts stand. Raises as read_row."""
    row = await read_row(pool, _STANDING)
    assert row is not None
    return Standing(*row)
