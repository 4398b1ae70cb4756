"""Waits until what was known at a moment is final. It does not know what is read as of that moment.

The check is a statement of its own, before the read: inside the read it would look at a snapshot that is older than
its verdict.
"""

import asyncio
from datetime import UTC, datetime
from time import monotonic

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.errors import NotSettled

PATIENCE_S = 1.0
_PAUSE_S = 0.05

# seconds are counted from 2020-09-13 in 32 bits, so moments far away are not handed to is_settled;
# every writer under way holds a lock keyed by the second in which it began: what lies before the earliest is settled
_SETTLED = """
SELECT $1 > clock_timestamp() AS future,
       CASE WHEN $1 > clock_timestamp() THEN false
            ELSE is_settled(greatest($1, '2020-09-14 00:00:00Z'::timestamptz)) END AS settled,
       least(clock_timestamp(), (
           SELECT to_timestamp(min(objid::bigint) + 1600000000) - INTERVAL '1 microsecond'
           FROM pg_locks
           WHERE locktype = 'advisory' AND classid = 730010 AND objsubid = 2
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       )) AS newest
"""


class SettledMoments:
    """Remembers the newest moment found settled, for every earlier one is settled too. One per process and database."""

    def __init__(self) -> None:
        self._until = datetime.min.replace(tzinfo=UTC)

    async def wait_for(self, pool: Pool, moment: datetime) -> None:
        """Returns once no present or future write can be stamped at or before `moment`, waiting up to PATIENCE_S for
        writers.

        Raises NotSettled, naming the newest moment that is settled, for a moment in the future or while a writer goes
        on.
        """
        if moment <= self._until:
            return
        deadline = monotonic() + PATIENCE_S
        while True:
            row = await read_row(pool, _SETTLED, moment)
            assert row is not None
            if row["settled"]:
                self._until = max(self._until, moment)
                return
            if row["future"] or monotonic() >= deadline:
                raise _not_settled(moment, row["newest"], future=row["future"])
            await asyncio.sleep(_PAUSE_S)


def _not_settled(moment: datetime, newest: datetime, *, future: bool) -> NotSettled:
    why = "lies in the future" if future else "is not final yet: a write that belongs to it is still under way"
    return NotSettled(
        f"The moment {_rfc3339(moment)} {why}.",
        hint=f"The newest settled moment is {_rfc3339(newest)}; without as_of the answer is what is known now.",
    )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
