"""Puts people and their alerts into a test's database with plain SQL, and reads back what became of them. It does not
use the code under test.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from lib.db.pool import Connection, Pool

Db = Pool | Connection

_USER = """
INSERT INTO users (email, password_hash, locale, verified_at) VALUES ($1, 'x', $2, CASE WHEN $3 THEN now() END)
RETURNING id
"""

_ALERT = """
WITH made AS (
    INSERT INTO alerts (user_id, symbol_id, name, measure, time_window, direction, threshold, hysteresis, cooldown,
                        min_posts, min_confidence, channel, url, secret_key)
    SELECT $1, s.id, '', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $11 = 'webhook' THEN $13 END
    FROM symbols s WHERE s.symbol = $2
    RETURNING id
)
INSERT INTO alert_states (alert_id, side, fired_at) SELECT id, $14, $15 FROM made RETURNING alert_id
"""

_FIRING = """
WITH fired AS (
    INSERT INTO alert_firings (alert_id, revision, fired_at, side, measure, direction, threshold, value, quiet)
    SELECT id, $2, $3, 'above', measure, direction, threshold, threshold + 1, 0 FROM alerts WHERE id = $1
    RETURNING id, alert_id, fired_at
)
INSERT INTO alert_deliveries (user_id, alert_id, firing_id, next_try_at, created_at)
SELECT a.user_id, a.id, f.id, f.fired_at, f.fired_at FROM fired f JOIN alerts a ON a.id = f.alert_id
RETURNING id
"""

_FIRINGS = "SELECT * FROM alert_firings WHERE alert_id = $1 ORDER BY revision"

_DELIVERIES = """
SELECT d.* FROM alert_deliveries d LEFT JOIN alert_firings f ON f.id = d.firing_id
WHERE d.alert_id = $1 ORDER BY f.revision, d.created_at
"""


async def add_user(db: Db, email: str = "ada@example.com", *, locale: str = "en", verified: bool = True) -> UUID:
    """A person; returns the id."""
    found: UUID = await db.fetchval(_USER, email, locale, verified)
    return found


async def add_alert(
    db: Db,
    user_id: UUID,
    symbol: str = "AAPL",
    *,
    measure: str = "price",
    window: str | None = None,
    direction: str = "above",
    threshold: str = "100",
    hysteresis: str = "0",
    cooldown: timedelta = timedelta(0),
    min_posts: int = 0,
    min_confidence: str = "none",
    url: str | None = "https://hooks.example/",
    secret_key: str = "a-key",
    side: str | None = None,
    fired_at: datetime | None = None,
) -> UUID:
    """An alert by webhook, or by mail without an URL; returns the id."""
    found: UUID = await db.fetchval(
        _ALERT,
        user_id,
        symbol,
        measure,
        window,
        direction,
        Decimal(threshold),
        Decimal(hysteresis),
        cooldown,
        min_posts,
        min_confidence,
        "email" if url is None else "webhook",
        url,
        secret_key,
        side,
        fired_at,
    )
    return found


async def add_firing(db: Db, alert_id: UUID, at: datetime, *, revision: int = 1) -> UUID:
    """A firing that waits to be delivered since `at`; returns the id of its delivery."""
    found: UUID = await db.fetchval(_FIRING, alert_id, revision, at)
    return found


async def firings(db: Db, alert_id: UUID) -> list[asyncpg.Record]:
    """What an alert fired, the first first."""
    return await db.fetch(_FIRINGS, alert_id)


async def deliveries(db: Db, alert_id: UUID) -> list[asyncpg.Record]:
    """What is, or was, to be delivered for an alert."""
    return await db.fetch(_DELIVERIES, alert_id)


async def state(db: Db, alert_id: UUID) -> dict[str, Any]:
    """What an alert has learned."""
    row = await db.fetchrow("SELECT * FROM alert_states WHERE alert_id = $1", alert_id)
    assert row is not None
    return dict(row)
