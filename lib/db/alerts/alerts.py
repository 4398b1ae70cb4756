"""Alerts as their owners see and change them. It does not evaluate or deliver any, nor know who may see them.

Every statement names the person, so that nobody reaches what is another's. An alert has a version: whoever changes one
says which version was read, and a change in between is never overwritten in silence.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from lib.db.alerts.deliveries import Secret
from lib.db.pool import Pool
from lib.db.reading import read_row, read_rows
from lib.db.users.accounts import stand_in_line
from lib.db.users.audit import record
from lib.db.writing import transaction
from lib.domain.alert_limits import MOST_ALERTS, Channel
from lib.domain.alerts import Direction, Measure, Rule, Side, Window
from lib.domain.confidence import Confidence
from lib.domain.users import Origin
from lib.errors import Conflict

_ALERTS = """
SELECT a.id, s.symbol, a.name, a.measure, a.time_window, a.direction, a.threshold, a.hysteresis, a.cooldown,
       a.min_posts, a.min_confidence, a.channel, a.url, a.previous_until, a.paused_at, a.pause_reason, a.version,
       a.created_at, a.updated_at, t.side, t.fired_at
FROM alerts a JOIN symbols s ON s.id = a.symbol_id JOIN alert_states t ON t.alert_id = a.id
WHERE a.user_id = $1 AND ($2::uuid IS NULL OR a.id = $2)
ORDER BY a.created_at, a.id
"""

_COUNT = "SELECT count(*) FROM alerts WHERE user_id = $1"

_ADD = """
WITH made AS (
    INSERT INTO alerts (id, user_id, symbol_id, name, measure, time_window, direction, threshold, hysteresis, cooldown,
                        min_posts, min_confidence, channel, url, secret_key)
    SELECT $1, $2, s.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 FROM symbols s WHERE s.symbol = $3
    RETURNING id
)
INSERT INTO alert_states (alert_id) SELECT id FROM made RETURNING alert_id
"""

_CHANGE = """
UPDATE alerts
SET name = $4, time_window = $5, direction = $6, threshold = $7, hysteresis = $8, cooldown = $9, min_posts = $10,
    min_confidence = $11, url = $12, version = version + 1, updated_at = clock_timestamp(),
    ruled_at = CASE WHEN threshold = $7 AND NOT $13 THEN ruled_at ELSE clock_timestamp() END
WHERE user_id = $1 AND id = $2 AND version = $3
RETURNING id
"""

# what is under way for the rule of before finds another revision, and writes nothing
_LEARN_ANEW = "UPDATE alert_states SET side = NULL, quiet = 0, revision = revision + 1 WHERE alert_id = $1"

_REMOVE = "DELETE FROM alerts WHERE user_id = $1 AND id = $2 RETURNING id"

_PAUSE = """
UPDATE alerts
SET paused_at = clock_timestamp(), pause_reason = '', version = version + 1, updated_at = clock_timestamp()
WHERE user_id = $1 AND id = $2 AND paused_at IS NULL
RETURNING id
"""

_RESUME = """
UPDATE alerts
SET paused_at = NULL, pause_reason = '', version = version + 1, updated_at = clock_timestamp()
WHERE user_id = $1 AND id = $2 AND paused_at IS NOT NULL
RETURNING id
"""

_ROTATE = """
UPDATE alerts
SET previous_key = secret_key, previous_generation = secret_generation,
    previous_until = clock_timestamp() + $4::interval, secret_key = $3, secret_generation = secret_generation + 1,
    version = version + 1, updated_at = clock_timestamp()
WHERE user_id = $1 AND id = $2 AND channel = 'webhook'
RETURNING secret_generation, previous_until
"""

_IS_VERIFIED = "SELECT verified_at IS NOT NULL FROM users WHERE id = $1"


class Alert(NamedTuple):
    """An alert; moments are UTC. `side` is what it has learned, `fired_at` when it last fired."""

    id: UUID
    symbol: str
    name: str
    measure: Measure
    window: Window | None
    direction: Direction
    threshold: Decimal
    hysteresis: Decimal
    cooldown: timedelta
    min_posts: int
    min_confidence: Confidence
    channel: Channel
    url: str | None
    previous_until: datetime | None
    paused_at: datetime | None
    pause_reason: str
    version: int
    created_at: datetime
    updated_at: datetime
    side: Side | None
    fired_at: datetime | None

    @property
    def rule(self) -> Rule:
        """When it fires."""
        return Rule(
            measure=self.measure,
            direction=self.direction,
            threshold=self.threshold,
            hysteresis=self.hysteresis,
            cooldown=self.cooldown,
            window=self.window,
            min_posts=self.min_posts,
            min_confidence=self.min_confidence,
        )


class Rotated(NamedTuple):
    """A new secret, and until when (UTC) the one before it signs as well."""

    secret: Secret
    previous_until: datetime


async def alerts_of(pool: Pool, user_id: UUID) -> list[Alert]:
    """Every alert of a person, the oldest first. Raises as read_rows."""
    return [Alert(*row) for row in await read_rows(pool, _ALERTS, user_id, None)]


async def alert_of(pool: Pool, user_id: UUID, alert_id: UUID) -> Alert | None:
    """The alert with this id, if it is this person's. Raises as read_rows."""
    rows = await read_rows(pool, _ALERTS, user_id, alert_id)
    return Alert(*rows[0]) if rows else None


async def may_be_mailed(pool: Pool, user_id: UUID) -> bool:
    """Whether the person has proved the mail address. Raises as read_row."""
    row = await read_row(pool, _IS_VERIFIED, user_id)
    return row is not None and bool(row[0])


async def add_alert(
    pool: Pool,
    user_id: UUID,
    alert_id: UUID,
    symbol: str,
    name: str,
    rule: Rule,
    channel: Channel,
    *,
    origin: Origin,
    url: str | None = None,
    secret_key: str | None = None,
) -> bool:
    """Makes an alert, audited as asked for from `origin`; False where no listing has the symbol. `secret_key` is the id
    of the key that its first secret is derived from. Raises Conflict where there are enough; as transaction.
    """
    async with transaction(pool) as conn:
        await stand_in_line(conn, user_id)
        if await conn.fetchval(_COUNT, user_id) >= MOST_ALERTS:
            raise Conflict(f"There are {MOST_ALERTS} alerts, and no more are kept.", hint="Delete one, or change it.")
        made = await conn.fetchval(
            _ADD,
            alert_id,
            user_id,
            symbol,
            name,
            rule.measure,
            rule.window,
            rule.direction,
            rule.threshold,
            rule.hysteresis,
            rule.cooldown,
            rule.min_posts,
            rule.min_confidence,
            channel,
            url,
            secret_key,
        )
        if made is not None:
            await record(conn, "alert.created", origin, user_id, alert=alert_id, channel=channel)
    return made is not None


async def change_alert(
    pool: Pool, user_id: UUID, before: Alert, name: str, rule: Rule, url: str | None, *, said_anew: bool, origin: Origin
) -> bool:
    """Changes the alert that was read as `before`; False where it was changed meanwhile, or is not there. `said_anew`
    says that the threshold was given, if only as it was: splits until now are in it. That it goes elsewhere is audited.
    Raises as transaction.
    """
    async with transaction(pool) as conn:
        changed = await conn.fetchval(
            _CHANGE,
            user_id,
            before.id,
            before.version,
            name,
            rule.window,
            rule.direction,
            rule.threshold,
            rule.hysteresis,
            rule.cooldown,
            rule.min_posts,
            rule.min_confidence,
            url,
            said_anew,
        )
        if changed is not None and (rule != before.rule or said_anew):
            await conn.execute(_LEARN_ANEW, before.id)
        if changed is not None and url != before.url:
            await record(conn, "alert.redirected", origin, user_id, alert=before.id)
    return changed is not None


async def remove_alert(pool: Pool, user_id: UUID, alert_id: UUID, origin: Origin) -> bool:
    """Removes the alert with its history; False where it is not this person's, or not there. Raises as transaction."""
    async with transaction(pool) as conn:
        removed = await conn.fetchval(_REMOVE, user_id, alert_id) is not None
        if removed:
            await record(conn, "alert.deleted", origin, user_id, alert=alert_id)
    return removed


async def pause_alert(pool: Pool, user_id: UUID, alert_id: UUID) -> None:
    """It is not looked at any more. What fired before is still delivered. Raises as transaction."""
    async with transaction(pool) as conn:
        await conn.execute(_PAUSE, user_id, alert_id)


async def resume_alert(pool: Pool, user_id: UUID, alert_id: UUID) -> None:
    """It is looked at again, and learns its side anew. Raises as transaction."""
    async with transaction(pool) as conn:
        if await conn.fetchval(_RESUME, user_id, alert_id) is not None:
            await conn.execute(_LEARN_ANEW, alert_id)


async def rotate_secret(
    pool: Pool, user_id: UUID, alert_id: UUID, key_id: str, overlap: timedelta, origin: Origin
) -> Rotated | None:
    """Another secret from now on, derived from the key `key_id`; None where the alert is no webhook, or not there. The
    one before it signs as well for `overlap`. Raises as transaction.
    """
    async with transaction(pool) as conn:
        row = await conn.fetchrow(_ROTATE, user_id, alert_id, key_id, overlap)
        if row is not None:
            await record(conn, "alert.secret_rotated", origin, user_id, alert=alert_id)
    return Rotated(Secret(key_id, row["secret_generation"]), row["previous_until"]) if row else None
