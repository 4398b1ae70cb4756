"""What tests need to watch the log of changes: what was told, beside what did change. It does not use the tailer."""

from typing import NamedTuple

from lib.db.changes.numbering import number_changes
from lib.db.changes.reads import changes_from
from lib.db.pool import Pool
from lib.domain.changes import Change

# everything that an answer about a symbol is made of, as one hash; and of coverage, by source
_STATES = """
SELECT s.symbol, md5(concat_ws(E'\\n', s::text,
    (SELECT string_agg(b::text, E'\\n' ORDER BY interval, start) FROM bars b WHERE b.symbol_id = s.id),
    (SELECT string_agg(k::text, E'\\n' ORDER BY scorer_id, source, start) FROM sentiment_buckets k
     WHERE k.symbol_id = s.id),
    (SELECT string_agg(a::text, E'\\n' ORDER BY a) FROM corporate_actions a WHERE a.symbol_id = s.id),
    (SELECT string_agg(f::text, E'\\n' ORDER BY f) FROM former_symbols f WHERE f.symbol_id = s.id),
    (SELECT string_agg(concat_ws(' ', m, p.author, p.title, p.text, p.url, p.deleted_at), E'\\n' ORDER BY p.id)
     FROM mentions m JOIN posts p ON p.id = m.post_id WHERE m.symbol_id = s.id),
    (SELECT string_agg(v::text, E'\\n' ORDER BY post_id, scorer_id) FROM mention_scores v WHERE v.symbol_id = s.id),
    (SELECT string_agg(c::text, E'\\n' ORDER BY c.post_id, c.scorer_id)
     FROM scores c JOIN mentions m USING (post_id) WHERE m.symbol_id = s.id)
)) FROM symbols s
UNION ALL
SELECT 'coverage of ' || source, md5(string_agg(c::text, E'\\n' ORDER BY id)) FROM coverage c GROUP BY source
"""


async def drain(pool: Pool) -> list[Change]:
    """Numbers what was committed; returns the whole log but for its beginning."""
    async with pool.acquire() as conn:
        await number_changes(conn)
        return await changes_from(conn, 2, limit=100_000)


class News(NamedTuple):
    """What happened since the last look: what was told, and whose data are not what they were (or are gone, or new)."""

    told: list[Change]
    changed: set[str]

    @property
    def kinds(self) -> set[tuple[str, str]]:
        """Kind and symbol (of coverage: source) of each."""
        return {(change.kind, change.symbol or change.part) for change in self.told}

    @property
    def silent(self) -> set[str]:
        """What changed and nobody told of."""
        told = {change.symbol or f"{change.kind} of {change.part}" for change in self.told}
        return set() if any(change.kind == "everything" for change in self.told) else self.changed - told


class Watch:
    """Looks at the log and at the data it speaks of."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._seen = 0
        self._states: dict[str, str] = {}

    async def news(self) -> News:
        """Since the last call."""
        told = await drain(self._pool)
        fresh, self._seen = told[self._seen :], len(told)
        before, self._states = self._states, {row[0]: row[1] for row in await self._pool.fetch(_STATES)}
        names = before.keys() | self._states.keys()
        return News(fresh, {name for name in names if before.get(name) != self._states.get(name)})
