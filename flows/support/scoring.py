"""Scores what a collection has just stored, so that it is visible within seconds. It does not know any source.

The flow score-posts reads what is left; each post is taken by one of them.
"""

import asyncio

from lib.db.pool import Pool
from lib.db.scoring import Readers, score_batch
from lib.settings import Settings

# what one source brings at once; a long queue is the other flow's work, and must not hold a source up
_AT_ONCE = 500


class ScoringAsItComes:
    """To be called after each stored page; calls from several tasks take turns."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._readers = Readers(settings.scorers)
        self._turn = asyncio.Lock()

    async def __call__(self) -> None:
        """Scores up to a page's worth of the posts that wait; a long line does not hold up those that just came."""
        async with self._turn:
            await score_batch(self._pool, await self._readers.current(self._pool), limit=_AT_ONCE, newest=True)
