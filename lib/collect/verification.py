"""Looks again at posts whose deletions must be followed, and forgets those that are gone. It does not know when to.

Each look is stored in one transaction: what is gone is forgotten, what reads otherwise is an edit, what is there is due
again later. A post that could not be judged stays due.
"""

import msgspec

from lib.collect.opening import Opened
from lib.db import verification
from lib.db.ingest.posts import forget_posts, store_posts
from lib.db.pool import Pool
from lib.errors import SourceError
from lib.logs import get_logger
from lib.sources.posts import Verified, Verifies

log = get_logger(__name__)

# name under which a gate keeps what concerns looking again alone
_STREAM = "verify"


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """What one sweep did: posts looked at, forgotten, changed; and what is left: watched, overdue, and why it ended."""

    source: str
    looked_at: int = 0
    gone: int = 0
    edited: int = 0
    watched: int = 0
    overdue: int = 0
    reason: str = ""


async def sweep(pool: Pool, opened: Opened, *, most: int | None = None, everything: bool = False) -> Sweep:
    """Looks at every post that is due (`everything`: at all that are watched), the most urgent first, and at no more
    than `most`.

    What the source refuses ends the sweep with a reason, never raised; what the database refuses is raised.
    """
    source, within = opened.source, opened.declared.verify_within
    if not isinstance(source, Verifies) or within is None:
        return Sweep(source=opened.declared.name, reason="Its deletions come by themselves, or need not be followed.")
    # a little ahead, so that a sweep every hour is always in time
    until = await verification.due_by(pool, within if everything else within / 10)
    looked_at = gone = edited = 0
    reason = ""
    last: verification.Due | None = None
    while most is None or looked_at < most:
        size = source.at_once if most is None else min(source.at_once, most - looked_at)
        due = await verification.due_posts(pool, source.name, until=until, limit=size, after=last)
        if not due:
            break
        closed = opened.gate.closed(_STREAM)
        if closed is not None:
            reason = f"Not asked: {closed.reason}"
            break
        try:
            verified = await source.verify([post.external_id for post in due])
        except SourceError as error:
            await opened.gate.failed(error)
            reason = str(error)
            log.debug("posts not looked at", source=source.name, state=error.state, reason=reason)
            break
        forgotten, changed = await _store(pool, opened, verified)
        looked_at, gone, edited, last = looked_at + len(due), gone + forgotten, edited + changed, due[-1]
    left = await verification.standing(pool, source.name)
    return Sweep(
        source=source.name,
        looked_at=looked_at,
        gone=gone,
        edited=edited,
        watched=left.watched,
        overdue=left.overdue,
        reason=reason,
    )


async def _store(pool: Pool, opened: Opened, verified: Verified) -> tuple[int, int]:
    name, within = opened.declared.name, opened.declared.verify_within
    assert within is not None
    async with pool.acquire() as conn, conn.transaction():
        forgotten = await forget_posts(conn, name, verified.gone) if verified.gone else 0
        written = await store_posts(conn, verified.posts)
        there = [post.external_id for post in verified.posts]
        await verification.seen(conn, name, there, within=within, until_age=opened.verify_for)
    return forgotten, written.changed
