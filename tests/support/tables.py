"""Reads whole tables for tests that compare states of a database. It does not know what is in them."""

import hashlib

from lib.db.pool import Pool

_TABLES = """
SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  -- these tell how the rest came about
  AND c.relname NOT IN ('change_outbox', 'changes', 'change_versions')
ORDER BY 1
"""


async def digest_of_all_tables(pool: Pool) -> dict[str, str]:
    """For each table a digest of all its rows, whatever their order; equal only where nothing at all differs."""
    digests = {}
    async with pool.acquire() as conn:
        for (table,) in await conn.fetch(_TABLES):
            rows = await conn.fetch(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
            digests[table] = hashlib.sha256("\n".join(row["row"] for row in rows).encode()).hexdigest()
    return digests
