"""The numbers under which the database knows scorers. It does not know what a scorer does."""

from collections.abc import Sequence

from lib.db.pool import Connection

_IDS = "SELECT name, id FROM scorers WHERE name = ANY($1::text[])"

# only what is missing: an insert that meets an existing row would still use up one of the 32,767 numbers
_ADD = """
INSERT INTO scorers (name) SELECT name FROM unnest($1::text[]) AS name
WHERE NOT EXISTS (SELECT FROM scorers known WHERE known.name = name.name) ORDER BY name ON CONFLICT DO NOTHING
"""


async def scorer_ids(conn: Connection, names: Sequence[str]) -> list[int]:
    """The id of each of `names`, in their order; a scorer not yet known to the database is added."""
    known = {row["name"]: row["id"] for row in await conn.fetch(_IDS, names)}
    if len(known) < len(set(names)):
        await conn.execute(_ADD, names)
        known = {row["name"]: row["id"] for row in await conn.fetch(_IDS, names)}
    return [known[name] for name in names]
