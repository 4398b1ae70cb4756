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


async def sweep(pool: Pool, opened: Opened, *, most: int | None = None) -> Sweep:
    """Looks at every post that is due, the most urgent first, and at no more than `most`.

    What the source refuses ends the sweep with a reason, never raised; what the database refuses is raised.
    """
    source, within = opened.source, opened.declared.verify_within
    if not isinstance(source, Verifies) or within is None:
        return Sweep(source=opened.declared.name, reason="Its deletions come by themselves, or need not be followed.")
    looked_at = gone = edited = 0
    reason = ""
    # a little ahead, so that a sweep every hour is always in time
    ahead = within / 10
    seen_before: set[str] = set()
    while most is None or looked_at < most:
        size = source.at_once if most is None else min(source.at_once, most - looked_at)
        due = await verification.due_posts(pool, source.name, ahead=ahead, limit=size + len(seen_before))
        wanted = [post for post in due if post not in seen_before][:size]
        if not wanted:
            break
        closed = opened.gate.closed(_STREAM)
        if closed is not None:
            reason = f"Not asked: {closed.reason}"
            break
        try:
            verified = await source.verify(wanted)
        except SourceError as error:
            await opened.gate.failed(error)
            reason = str(error)
            log.info("posts not looked at", source=source.name, state=error.state, reason=reason)
            break
        forgotten, changed, judged = await _store(pool, opened, verified)
        # what the source would not judge is not asked for again and again in one sweep
        seen_before |= set(wanted) - judged
        looked_at, gone, edited = looked_at + len(wanted), gone + forgotten, edited + changed
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


async def _store(pool: Pool, opened: Opened, verified: Verified) -> tuple[int, int, set[str]]:
    name, within = opened.declared.name, opened.declared.verify_within
    assert within is not None
    there = [post.external_id for post in verified.posts]
    async with pool.acquire() as conn, conn.transaction():
        forgotten = await forget_posts(conn, name, verified.gone) if verified.gone else 0
        written = await store_posts(conn, verified.posts)
        await verification.seen(conn, name, there, within=within, until_age=opened.verify_for)
    return forgotten, written.changed, {*there, *verified.gone}
