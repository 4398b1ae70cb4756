"""The outbox of alerts: who may try a delivery now, and what came of it. It does not know how one is made.

Whoever claims a delivery holds it for a while; if nothing is heard by then, another one may try, so a crash delays a
delivery and never loses it. A result counts only for the try that it belongs to.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from lib.db.pool import Connection
from lib.domain.alert_limits import Channel
from lib.domain.alerts import Direction, Measure, Side, Window
from lib.domain.confidence import Confidence
from lib.domain.users import Locale

State = Literal["waiting", "delivered", "failed", "dropped"]

STATES: tuple[State, ...] = ("waiting", "delivered", "failed", "dropped")

# a person with many deliveries that hang must not keep others waiting
MOST_OF_ONE_PERSON = 4

_CLAIM = """
WITH due AS (
    SELECT d.id, d.next_try_at,
           row_number() OVER (PARTITION BY d.user_id ORDER BY d.next_try_at, d.id) + (
               SELECT count(*) FROM alert_deliveries o
               WHERE o.user_id = d.user_id AND o.state = 'waiting' AND o.leased_until > $1
           ) AS turn
    FROM alert_deliveries d
    WHERE d.state = 'waiting' AND d.next_try_at <= $1 AND ($4::uuid IS NULL OR d.id = $4)
), mine AS MATERIALIZED (
    SELECT d.id FROM due JOIN alert_deliveries d USING (id)
    WHERE due.turn <= $3 AND d.state = 'waiting' AND d.next_try_at <= $1
    ORDER BY due.turn, due.next_try_at
    LIMIT 1
    FOR UPDATE OF d SKIP LOCKED
), claimed AS (
    UPDATE alert_deliveries d
    SET tries = d.tries + 1, next_try_at = $1 + $2::interval, leased_until = $1 + $2::interval
    FROM mine WHERE d.id = mine.id
    RETURNING d.*
)
SELECT c.id, c.tries, c.created_at, c.user_id, c.alert_id, a.name, s.symbol, s.currency, a.channel, a.url,
       a.secret_key, a.secret_generation, CASE WHEN a.previous_until > $1 THEN a.previous_key END AS previous_key,
       a.previous_generation, u.email, u.locale, u.disabled_at IS NULL AS is_in_force,
       u.verified_at IS NOT NULL AND u.disabled_at IS NULL AS may_be_mailed,
       f.id AS firing_id, f.fired_at, f.side, coalesce(f.measure, a.measure) AS measure,
       CASE WHEN f.id IS NULL THEN a.time_window ELSE f.time_window END AS time_window,
       coalesce(f.direction, a.direction) AS direction, coalesce(f.threshold, a.threshold) AS threshold, f.value,
       f.posts, f.confidence, f.quiet
FROM claimed c
JOIN alerts a ON a.id = c.alert_id
JOIN symbols s ON s.id = a.symbol_id
JOIN users u ON u.id = c.user_id
LEFT JOIN alert_firings f ON f.id = c.firing_id
"""

# rows are locked in the order in which the deletion of an account takes them: whoever comes second waits, and finds
_LOCK = "SELECT FROM users WHERE id = $1 FOR KEY SHARE"
_LOCK_ALERT = "SELECT FROM alerts WHERE id = $1 FOR NO KEY UPDATE"

_FINISH = """
UPDATE alert_deliveries
SET state = $3, status = $4, reason = $5, finished_at = $6, leased_until = NULL
WHERE id = $1 AND tries = $2 AND state = 'waiting'
RETURNING true
"""

_POSTPONE = """
UPDATE alert_deliveries SET next_try_at = $3, status = $4, reason = $5, leased_until = NULL
WHERE id = $1 AND tries = $2 AND state = 'waiting'
"""

_HEARD_SINCE = """
SELECT EXISTS (
    SELECT FROM alert_deliveries WHERE alert_id = $1 AND state = 'delivered' AND finished_at >= $2
)
"""

_PAUSE = """
UPDATE alerts SET paused_at = $2, pause_reason = $3, version = version + 1, updated_at = $2
WHERE id = $1 AND paused_at IS NULL
RETURNING true
"""

_DROP = """
UPDATE alert_deliveries SET state = 'dropped', reason = $3, finished_at = $2, leased_until = NULL
WHERE alert_id = $1 AND state = 'waiting'
"""

_FORGET = "DELETE FROM alert_firings WHERE fired_at < $1"
_FORGET_DELIVERIES = "DELETE FROM alert_deliveries WHERE firing_id IS NULL AND created_at < $1"
_FORGET_TESTS = "DELETE FROM alert_tests WHERE made_at < $1"


class Firing(NamedTuple):
    """What fired: moments in UTC, numbers in the unit of the measure. Posts and confidence are None for prices."""

    id: UUID
    fired_at: datetime
    side: Side
    value: Decimal
    posts: int | None
    confidence: Confidence | None
    quiet: int


class Secret(NamedTuple):
    """From which key of the keyring, and as which of its alert, a secret is derived."""

    key_id: str
    generation: int


class Delivery(NamedTuple):
    """A delivery that is held for one try. `firing` is None for a test. The rule is that of the firing, the place the
    alert's as it is now. `is_in_force` says that the account is not disabled.
    """

    id: UUID
    tries: int
    created_at: datetime
    user_id: UUID
    alert_id: UUID
    name: str
    symbol: str
    currency: str | None
    measure: Measure
    window: Window | None
    direction: Direction
    threshold: Decimal
    firing: Firing | None
    channel: Channel
    url: str | None
    secrets: tuple[Secret, ...]
    email: str
    locale: Locale
    is_in_force: bool
    may_be_mailed: bool


async def claim_delivery(
    conn: Connection, now: datetime, lease: timedelta, *, only: UUID | None = None
) -> Delivery | None:
    """Holds a delivery that is due (that with the id `only`, if one is given) until `now` + `lease`; None where none
    is. Persons take turns.
    """
    row = await conn.fetchrow(_CLAIM, now, lease, MOST_OF_ONE_PERSON, only)
    if row is None:
        return None
    firing = None
    if row["firing_id"] is not None:
        firing = Firing(
            row["firing_id"],
            row["fired_at"],
            row["side"],
            row["value"],
            row["posts"],
            row["confidence"],
            row["quiet"],
        )
    known = ((row["secret_key"], row["secret_generation"]), (row["previous_key"], row["previous_generation"]))
    return Delivery(
        id=row["id"],
        tries=row["tries"],
        created_at=row["created_at"],
        user_id=row["user_id"],
        alert_id=row["alert_id"],
        name=row["name"],
        symbol=row["symbol"],
        currency=row["currency"],
        measure=row["measure"],
        window=row["time_window"],
        direction=row["direction"],
        threshold=row["threshold"],
        firing=firing,
        channel=row["channel"],
        url=row["url"],
        secrets=tuple(Secret(key, generation) for key, generation in known if key is not None),
        email=row["email"],
        locale=row["locale"],
        is_in_force=row["is_in_force"],
        may_be_mailed=row["may_be_mailed"],
    )


async def lock_owner(conn: Connection, delivery: Delivery) -> None:
    """To be called first in a transaction that writes mail, or pauses the alert, beside the result."""
    await conn.execute(_LOCK, delivery.user_id)
    await conn.execute(_LOCK_ALERT, delivery.alert_id)


async def finish_delivery(
    conn: Connection, delivery: Delivery, state: State, at: datetime, *, status: int | None = None, reason: str = ""
) -> bool:
    """Ends `delivery`; False where it is not held any more, or gone."""
    found = await conn.fetchval(_FINISH, delivery.id, delivery.tries, state, status, reason, at)
    return bool(found)


async def postpone_delivery(
    conn: Connection, delivery: Delivery, until: datetime, *, status: int | None, reason: str
) -> None:
    """The try failed for `reason`; the next one is due at `until` (UTC)."""
    await conn.execute(_POSTPONE, delivery.id, delivery.tries, until, status, reason)


async def was_heard_since(conn: Connection, delivery: Delivery) -> bool:
    """Whether anything of the same alert was delivered after `delivery` was made."""
    found: bool = await conn.fetchval(_HEARD_SINCE, delivery.alert_id, delivery.created_at)
    return found


async def pause_unheard(conn: Connection, delivery: Delivery, at: datetime, reason: str) -> bool:
    """Pauses the alert, and drops what else waits for it; False where it is paused already."""
    paused = await conn.fetchval(_PAUSE, delivery.alert_id, at, reason)
    await conn.execute(_DROP, delivery.alert_id, at, reason)
    return bool(paused)


async def forget_before(conn: Connection, moment: datetime) -> None:
    """Drops firings, with their deliveries, and tests that are older than `moment` (UTC)."""
    for statement in (_FORGET, _FORGET_DELIVERIES, _FORGET_TESTS):
        await conn.execute(statement, moment)
