"""Counts the rows of every table and sums their hashes, so that two databases can be compared wherever rows lie.

It does not know which of them is the original. A hypertable is one table, a partitioned one is its partitions.
"""

from typing import NamedTuple

from lib.db.pool import Connection
from lib.db.recovery.snapshots import looking_at, steady_session
from lib.domain.contents import Table
from lib.together import together

# A row's hash is PostgreSQL's own. Types that have none, and those whose hash is made of numbers that a restored
# database gives anew (enums, names of tables), are hashed as text. `bases` leads from domains and arrays to what they
# are made of.
_TABLES = """
WITH RECURSIVE bases (type, base) AS (
    SELECT oid, oid FROM pg_type
    UNION
    SELECT b.type, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END
    FROM bases b JOIN pg_type t ON t.oid = b.base
    WHERE t.typtype = 'd' OR t.typsubscript = 'array_subscript_handler'::regproc
), hashed (type) AS (
    SELECT b.type FROM bases b JOIN pg_type t ON t.oid = b.base
    WHERE t.typtype = 'b' AND t.typsubscript <> 'array_subscript_handler'::regproc AND t.typname !~ '^reg'
      AND EXISTS (
        SELECT FROM pg_opclass o
        JOIN pg_am a ON a.oid = o.opcmethod AND a.amname = 'hash'
        JOIN pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocnum = 2
        WHERE o.opcdefault AND (o.opcintype = t.oid OR EXISTS (
            SELECT FROM pg_cast c WHERE c.castsource = t.oid AND c.casttarget = o.opcintype AND c.castmethod = 'b'
              AND c.castcontext = 'i'))
      )
), columns AS (
    SELECT a.attrelid, bool_and(h.type IS NOT NULL) AS hashed,
           string_agg(format(CASE WHEN h.type IS NULL THEN 'q.%I::text' ELSE 'q.%I' END, a.attname), ', '
                      ORDER BY a.attnum) AS list
    FROM pg_attribute a LEFT JOIN hashed h ON h.type = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    GROUP BY a.attrelid
)
SELECT format('%I.%I', n.nspname, c.relname) AS name, pg_table_size(c.oid) AS bytes,
       format('SELECT count(*) AS rows, coalesce(sum(hash_record_extended(%s, 0)), 0)::text AS checksum '
              'FROM %s %I.%I q',
              CASE WHEN k.hashed THEN 'q.*' ELSE format('ROW(%s)', k.list) END,
              CASE WHEN format('%I.%I', n.nspname, c.relname) = ANY ($1::text[]) THEN '' ELSE 'ONLY' END,
              n.nspname, c.relname) AS statement
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN columns k ON k.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_|^_timescaledb|^timescaledb'
  AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY pg_table_size(c.oid) DESC, name
"""

_HAS_HYPERTABLES = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"

_HYPERTABLES = """
SELECT format('%I.%I', hypertable_schema, hypertable_name) AS name FROM timescaledb_information.hypertables
"""


class Measurable(NamedTuple):
    """A table, its bytes, and the statement that counts and hashes its rows."""

    name: str
    bytes: int
    statement: str


async def tables_of(connection: Connection) -> list[Measurable]:
    """Every table that has rows of its own to be compared, the largest first."""
    hypertables: list[str] = []
    if await connection.fetchval(_HAS_HYPERTABLES):
        hypertables = [row["name"] for row in await connection.fetch(_HYPERTABLES)]
    found = [Measurable(*row) for row in await connection.fetch(_TABLES, hypertables)]
    # the rows of a hypertable lie in others, so that its own size says nothing
    return sorted(found, key=lambda table: table.name not in hypertables)


async def measure(url: str, *, jobs: int = 2, snapshot: str | None = None) -> dict[str, Table]:
    """The rows and the checksum of every table, several at a time, as of `snapshot` (None: now, and each by itself).

    Raises DatabaseUnavailable.
    """
    async with looking_at(url, snapshot) as connection:
        waiting = iter(await tables_of(connection))
    found: dict[str, Table] = {}

    async def work() -> None:
        async with looking_at(url, snapshot) as connection:
            for table in waiting:
                row = await connection.fetchrow(table.statement)
                assert row is not None
                found[table.name] = Table(row["rows"], row["checksum"], table.bytes)

    async with together() as group:
        for _ in range(jobs):
            group.create_task(work())
    return dict(sorted(found.items()))


async def count_of(url: str) -> int:
    """How many tables there are, for whoever must know whether a database is empty."""
    async with steady_session(url) as connection:
        return len(await tables_of(connection))
