"""What a database is made of beside its rows: server and settings, extensions, roles, sequences, the things of its
schema. It does not compare (lib/domain/contents.py does), nor read a row.
"""

from typing import NamedTuple

from lib.db.pool import Connection
from lib.domain.contents import Role

_SERVER = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer / 10000 AS major,
       current_database() AS name, pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype,
       pg_database_size(oid) AS bytes, (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects,
       (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0) AS settings
FROM pg_database d WHERE datname = current_database()
"""

_HAS_MIGRATIONS = "SELECT to_regclass('public.migrations') IS NOT NULL"

_MIGRATION = "SELECT max(name) FROM public.migrations"

_EXTENSIONS = "SELECT extname, extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname"

_SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename) AS name, last_value, cycle FROM pg_sequences
WHERE schemaname !~ '^_timescaledb' ORDER BY name
"""

_ROLES = """
SELECT r.rolname AS name,
       array_remove(ARRAY[
           CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
           CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcanlogin THEN 'LOGIN' END,
           CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
           CASE WHEN NOT rolinherit THEN 'NOINHERIT' END
       ], NULL) AS attributes,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
             WHERE m.member = r.oid ORDER BY 1) AS member_of,
       EXISTS (SELECT FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
                 AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
       OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
       OR EXISTS (SELECT FROM pg_proc p WHERE p.proowner = r.oid)
       OR EXISTS (SELECT FROM pg_type t WHERE t.typowner = r.oid)
       OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspowner = r.oid) AS used
FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY name
"""

_MAY_READ_PASSWORDS = "SELECT has_table_privilege('pg_authid', 'SELECT')"

_PASSWORDS = "SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"

# Only what a dump gives back word for word: PostgreSQL writes some expressions otherwise once they were read again, so
# of an expression no more is told than that there is one.
_SCHEMA = """
WITH spaces AS (
    SELECT n.oid, n.nspname, n.nspowner FROM pg_namespace n
    WHERE n.nspname !~ '^pg_|^_timescaledb|^timescaledb' AND n.nspname <> 'information_schema'
), owned AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relations AS (
    SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND (('pg_class'::regclass)::oid, c.oid) NOT IN (SELECT classid, objid FROM owned)
)
SELECT 'schema ' || quote_ident(s.nspname) AS name, pg_get_userbyid(s.nspowner)::text AS made
FROM spaces s WHERE (('pg_namespace'::regclass)::oid, s.oid) NOT IN (SELECT classid, objid FROM owned)
UNION ALL
SELECT CASE r.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
                      WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || r.name,
       concat_ws(' ', r.relkind, r.relpersistence, pg_get_userbyid(r.relowner),
                 CASE WHEN r.relrowsecurity THEN 'row security' END, CASE WHEN r.relispartition THEN 'partition' END,
                 (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(r.reloptions) AS o),
                 (SELECT string_agg(
                      format('%s=%s', CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END,
                             g.privilege_type), ',' ORDER BY g.grantee::regrole::text, g.privilege_type)
                  FROM aclexplode(r.relacl) AS g WHERE g.grantee <> r.relowner))
FROM relations r WHERE r.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT format('column %s.%I', r.name, a.attname),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                 CASE WHEN a.atthasdef THEN 'default' END, nullif(a.attidentity, ''), nullif(a.attgenerated, ''))
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'index ' || r.name,
       concat_ws(' ', i.indrelid::regclass, m.amname, CASE WHEN i.indisunique THEN 'unique' END,
                 CASE WHEN i.indisprimary THEN 'primary' END, CASE WHEN i.indpred IS NOT NULL THEN 'where' END,
                 (SELECT string_agg(coalesce(quote_ident(a.attname), 'expression'), ',' ORDER BY k.place)
                  FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
                  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number))
FROM relations r JOIN pg_index i ON i.indexrelid = r.oid JOIN pg_am m ON m.oid = r.relam
UNION ALL
SELECT format('constraint %s.%I', r.name, c.conname),
       concat_ws(' ', c.contype, CASE WHEN NOT c.convalidated THEN 'not valid' END, nullif(c.confrelid, 0)::regclass,
                 nullif(c.confdeltype, ' '), nullif(c.confupdtype, ' '),
                 (SELECT string_agg(quote_ident(a.attname), ',' ORDER BY k.place)
                  FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
                  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number WHERE c.contype <> 'c'))
FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid
WHERE c.conparentid = 0 AND c.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT format('trigger %s.%I', r.name, t.tgname), concat_ws(' ', t.tgfoid::regproc, t.tgtype, t.tgenabled)
FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal AND t.tgparentid = 0
UNION ALL
SELECT format('policy %s.%I', r.name, p.polname), concat_ws(' ', p.polcmd, p.polpermissive)
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT format('statistics %s.%I', r.name, x.stxname), x.stxkind::text
FROM relations r JOIN pg_statistic_ext x ON x.stxrelid = r.oid
UNION ALL
SELECT format('function %I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
       concat_ws(' ', p.prokind, l.lanname, p.provolatile, p.proparallel, CASE WHEN p.prosecdef THEN 'definer' END,
                 CASE WHEN p.proisstrict THEN 'strict' END, p.prorettype::regtype, md5(p.prosrc),
                 pg_get_userbyid(p.proowner), (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(p.proconfig) AS o))
FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE (('pg_proc'::regclass)::oid, p.oid) NOT IN (SELECT classid, objid FROM owned)
UNION ALL
SELECT format('type %I.%I', s.nspname, t.typname),
       concat_ws(' ', t.typtype, nullif(t.typbasetype, 0)::regtype,
                 (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
                  FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace
WHERE (t.typtype IN ('d', 'e', 'r') OR t.typtype = 'c' AND EXISTS (
          SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
  AND (('pg_type'::regclass)::oid, t.oid) NOT IN (SELECT classid, objid FROM owned)
ORDER BY 1
"""


class Server(NamedTuple):
    """The server's version and the database: how it writes text, its bytes, its large objects, its own settings."""

    version: str
    major: int
    name: str
    encoding: str
    collate: str
    ctype: str
    bytes: int
    large_objects: int
    settings: list[str] | None


class Description(NamedTuple):
    """Everything of it that is not a row and does not move on by itself."""

    server: Server
    migration: str
    extensions: dict[str, str]
    roles: dict[str, Role]
    schema: dict[str, str]


async def describe(connection: Connection) -> Description:
    """The database that `connection` leads to, as of its snapshot."""
    return Description(
        await server_of(connection),
        await migration_of(connection),
        await extensions_of(connection),
        await roles_of(connection),
        await schema_of(connection),
    )


async def server_of(connection: Connection) -> Server:
    """The server and the database that `connection` leads to."""
    row = await connection.fetchrow(_SERVER)
    assert row is not None
    return Server(*row)


async def migration_of(connection: Connection) -> str:
    """The last migration that was applied, or nothing."""
    if not await connection.fetchval(_HAS_MIGRATIONS):
        return ""
    return str(await connection.fetchval(_MIGRATION) or "")


async def extensions_of(connection: Connection) -> dict[str, str]:
    """Extensions and their versions; the one that every database has is left out."""
    return dict(map(tuple, await connection.fetch(_EXTENSIONS)))


async def sequences_of(connection: Connection) -> dict[str, tuple[int | None, bool]]:
    """The last value of every sequence, and whether it begins anew when it is used up."""
    return {name: (last, cycles) for name, last, cycles in await connection.fetch(_SEQUENCES)}


async def roles_of(connection: Connection) -> dict[str, Role]:
    """Every role of the server; passwords where they may be read."""
    passwords: dict[str, str] = {}
    if await connection.fetchval(_MAY_READ_PASSWORDS):
        passwords = dict(map(tuple, await connection.fetch(_PASSWORDS)))
    return {
        row["name"]: Role(tuple(row["attributes"]), tuple(row["member_of"]), passwords.get(row["name"]), row["used"])
        for row in await connection.fetch(_ROLES)
    }


async def schema_of(connection: Connection) -> dict[str, str]:
    """Every thing of the schema, and how it is made as far as a dump gives that back word for word."""
    return dict(map(tuple, await connection.fetch(_SCHEMA)))
