"""Looks at every alert once: learns sides, and writes what fired. It does not deliver anything, nor know any rule.

States are read before values. So whatever is written rests on values that are no older than the state they move, and
where another evaluation moved it meanwhile nothing is written.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple

from lib.alerts.looks import Values, look_at, read_values
from lib.db.alerts.evaluation import Moved, Watched, note_evaluation, watched_alerts, write_moves
from lib.db.pool import Pool
from lib.domain.alerts import judge


class Evaluated(NamedTuple):
    """How many alerts were looked at, how many fired, and in how many seconds."""

    alerts: int
    fired: int
    seconds: float


async def evaluate(pool: Pool, scorer: str, *, now: datetime | None = None) -> Evaluated:
    """Looks at every alert that is not paused, as of `now` (UTC; default: the clock). May run beside another one."""
    begun = perf_counter()
    now = now or datetime.now(UTC)
    async with pool.acquire() as conn:
        watched = await watched_alerts(conn)
        values = await read_values(conn, scorer, watched, now)
        written = await write_moves(conn, moves(watched, values, now))
        seconds = perf_counter() - begun
        await note_evaluation(conn, now, seconds, len(watched))
    return Evaluated(len(watched), written.fired, seconds)


def moves(watched: Sequence[Watched], values: Values, now: datetime) -> list[Moved]:
    """Those of `watched` that stand elsewhere at `now`."""
    found: list[Moved] = []
    for alert in watched:
        rule, look = look_at(alert, values)
        verdict = judge(rule, alert.standing, look, now)
        if verdict.standing == alert.standing:
            continue
        if verdict.fires is None:
            found.append(Moved(alert.id, alert.revision, verdict.standing))
            continue
        of_posts = rule.window is not None and rule.measure != "price_change"
        found.append(
            Moved(
                alert.id,
                alert.revision,
                verdict.standing,
                fires=True,
                threshold=rule.threshold,
                value=look.value,
                posts=look.posts if of_posts else None,
                confidence=look.confidence if of_posts else None,
                quiet_before=verdict.quiet,
            )
        )
    return found
