"""What tests need to watch the log of changes. It does not use the tailer."""

from lib.db.changes.numbering import number_changes
from lib.db.changes.reads import changes_from
from lib.db.pool import Pool
from lib.domain.changes import Change


async def drain(pool: Pool) -> list[Change]:
    """Numbers what was committed; returns the whole log but for its beginning."""
    async with pool.acquire() as conn:
        await number_changes(conn)
        return await changes_from(conn, 2, limit=100_000)


class Watch:
    """What was told since it was last asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._seen = 0

    async def news(self) -> list[Change]:
        """Every change since the last call, in order."""
        told = await drain(self._pool)
        fresh, self._seen = told[self._seen :], len(told)
        return fresh

    async def kinds(self) -> set[tuple[str, str]]:
        """Kind and symbol of each."""
        return {(change.kind, change.symbol) for change in await self.news()}
