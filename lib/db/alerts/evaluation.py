"""What an evaluation of alerts reads and writes. It does not judge.

What is written is one statement: states, firings and deliveries stand together or not at all. A state is moved only
from the revision that was read, so of two evaluations side by side one finds nothing left to write, and a repeated one
neither. Nothing is waited for: what somebody else is moving, changing or deleting is left to the next look, and so no
deletion of an account can block an evaluation, or be blocked by one for long.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from lib.db.pool import Connection
from lib.domain.alerts import Direction, Measure, Rule, Side, Standing, Window
from lib.domain.confidence import Confidence

_WATCHED = """
SELECT a.id, a.symbol_id, a.measure, a.time_window, a.direction, a.threshold, a.hysteresis, a.cooldown, a.min_posts,
       a.min_confidence, a.ruled_at, s.revision, s.side, s.fired_at, s.quiet
FROM alerts a JOIN alert_states s ON s.alert_id = a.id JOIN users u ON u.id = a.user_id
WHERE a.paused_at IS NULL AND u.disabled_at IS NULL
"""

_MOVE = """
WITH judged AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::integer[], $6::boolean[], $7::numeric[],
        $8::numeric[], $9::integer[], $10::text[], $11::integer[]
    ) AS j (alert_id, revision, side, fired_at, quiet, fires, threshold, value, posts, confidence, quiet_before)
), mine AS MATERIALIZED (
    SELECT s.alert_id FROM judged j
    JOIN alert_states s ON s.alert_id = j.alert_id AND s.revision = j.revision
    JOIN alerts a ON a.id = j.alert_id
    JOIN users u ON u.id = a.user_id
    FOR KEY SHARE OF u, a SKIP LOCKED FOR UPDATE OF s SKIP LOCKED
), moved AS (
    UPDATE alert_states s
    SET revision = s.revision + 1, side = j.side, fired_at = j.fired_at, quiet = j.quiet
    FROM judged j JOIN mine USING (alert_id)
    WHERE s.alert_id = j.alert_id
    RETURNING s.alert_id, s.revision
), fired AS (
    INSERT INTO alert_firings (alert_id, revision, fired_at, side, measure, time_window, direction, threshold, value,
                               posts, confidence, quiet)
    SELECT j.alert_id, m.revision, j.fired_at, j.side, a.measure, a.time_window, a.direction, j.threshold, j.value,
           j.posts, j.confidence, j.quiet_before
    FROM judged j JOIN moved m USING (alert_id) JOIN alerts a ON a.id = j.alert_id
    WHERE j.fires
    RETURNING id, alert_id, fired_at
), sent AS (
    INSERT INTO alert_deliveries (user_id, alert_id, firing_id, next_try_at, created_at)
    SELECT a.user_id, f.alert_id, f.id, f.fired_at, f.fired_at FROM fired f JOIN alerts a ON a.id = f.alert_id
), summed AS (
    UPDATE alert_evaluation SET firings = firings + n.fired
    FROM (SELECT count(*) AS fired FROM fired) n WHERE n.fired > 0
)
SELECT (SELECT count(*) FROM moved) AS moved, (SELECT count(*) FROM fired) AS fired
"""

_NOTED = """
UPDATE alert_evaluation SET evaluated_at = $1, seconds = $2, alerts = $3
WHERE evaluated_at IS NULL OR evaluated_at < $1
"""


class Watched(NamedTuple):
    """An alert that is not paused: its rule as it was last said at `ruled_at` (UTC), and what it has learned."""

    id: UUID
    symbol_id: int
    rule: Rule
    ruled_at: datetime
    revision: int
    standing: Standing


class Moved(NamedTuple):
    """An alert that stands elsewhere now. Where it `fires`, `value`, `posts` and `confidence` are what it saw, and
    `quiet_before` the crossings that were kept quiet before.
    """

    alert_id: UUID
    revision: int
    standing: Standing
    fires: bool = False
    threshold: Decimal | None = None
    value: Decimal | None = None
    posts: int | None = None
    confidence: Confidence | None = None
    quiet_before: int = 0


class Written(NamedTuple):
    """How many states were moved, and how many alerts fired."""

    moved: int
    fired: int


async def watched_alerts(conn: Connection) -> list[Watched]:
    """Every alert that is to be evaluated."""
    return [_watched(*row) for row in await conn.fetch(_WATCHED)]


async def write_moves(conn: Connection, moves: Sequence[Moved]) -> Written:
    """Writes what moved, with its firings and their deliveries, in one transaction. What was moved meanwhile, changed,
    or deleted is left as it is.
    """
    if not moves:
        return Written(0, 0)
    columns: list[list[Any]] = [
        [move.alert_id for move in moves],
        [move.revision for move in moves],
        [move.standing.side for move in moves],
        [move.standing.fired_at for move in moves],
        [move.standing.quiet for move in moves],
        [move.fires for move in moves],
        [move.threshold for move in moves],
        [move.value for move in moves],
        [move.posts for move in moves],
        [move.confidence for move in moves],
        [move.quiet_before for move in moves],
    ]
    row = await conn.fetchrow(_MOVE, *columns)
    assert row is not None
    return Written(*row)


async def note_evaluation(conn: Connection, at: datetime, seconds: float, alerts: int) -> None:
    """Keeps when all alerts were last evaluated (UTC), how long it took and how many there were."""
    await conn.execute(_NOTED, at, seconds, alerts)


def _watched(
    alert_id: UUID, symbol_id: int, measure: Measure, window: Window | None, direction: Direction, threshold: Decimal,
    hysteresis: Decimal, cooldown: Any, min_posts: int, min_confidence: Confidence, ruled_at: datetime, revision: int,
    side: Side | None, fired_at: datetime | None, quiet: int,
) -> Watched:  # fmt: skip
    rule = Rule(
        measure=measure,
        direction=direction,
        threshold=threshold,
        hysteresis=hysteresis,
        cooldown=cooldown,
        window=window,
        min_posts=min_posts,
        min_confidence=min_confidence,
    )
    return Watched(alert_id, symbol_id, rule, ruled_at, revision, Standing(side=side, fired_at=fired_at, quiet=quiet))
