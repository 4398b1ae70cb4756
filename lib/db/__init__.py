"""PostgreSQL: the only importer of asyncpg. Pool and migrations here; reads one module a subject; writes in ingest/."""
