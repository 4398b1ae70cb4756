"""Deletes what nobody needs any more. It does not know anything that is still in force."""

from lib.db.pool import Pool
from lib.db.writing import transaction

# what is over stays a little, for whoever looks after it
_OVER = (
    "DELETE FROM mail_links WHERE expires_at < now()",
    "DELETE FROM mails WHERE closed_at < now() - INTERVAL '7 days'",
    "DELETE FROM throttles WHERE last_at < now() - INTERVAL '2 days' AND coalesce(locked_until, last_at) < now()",
    "DELETE FROM known_addresses WHERE last_at < now() - INTERVAL '180 days'",
    "DELETE FROM sessions WHERE least(ended_at, expires_at) < now() - INTERVAL '7 days'",
    "DELETE FROM api_keys WHERE expires_at < now() - INTERVAL '30 days'",
    "UPDATE audit SET address = NULL WHERE address IS NOT NULL AND at < now() - INTERVAL '90 days'",
)

_IDLE = "DELETE FROM sessions WHERE last_used_at < now() - make_interval(days => $1)"

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('insitechart housekeeping of accounts'))"


async def tidy(pool: Pool, *, idle_days: int) -> bool:
    """Deletes it all, if nobody else is doing so now. Raises as transaction."""
    async with transaction(pool) as conn:
        if not await conn.fetchval(_ALONE):
            return False
        for statement in _OVER:
            await conn.execute(statement)
        await conn.execute(_IDLE, idle_days)
    return True
