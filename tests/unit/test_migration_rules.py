"""Migrations that are run while an older version is still there only add."""

import pytest

from lib.db.migrate import Migration, migrations
from lib.db.migration_rules import faults


def made(sql: str, name: str = "0099_next") -> Migration:
    return Migration(name, sql, "digest")


@pytest.mark.parametrize("migration", migrations(), ids=lambda migration: migration.name)
def test_every_migration_keeps_to_it(migration: Migration) -> None:
    assert faults(migration) == []


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE posts",
        "ALTER TABLE posts DROP COLUMN lang",
        "alter table posts drop lang",
        "ALTER TABLE posts DROP CONSTRAINT a, ADD COLUMN b int",
        "ALTER TABLE posts RENAME COLUMN lang TO language",
        "ALTER TABLE posts RENAME TO texts",
        "ALTER TABLE posts ALTER COLUMN reach TYPE bigint",
        "ALTER TABLE posts ALTER reach SET DATA TYPE bigint",
        "ALTER TABLE posts ALTER COLUMN lang SET NOT NULL",
        "ALTER TABLE posts ADD COLUMN mood text NOT NULL",
        "ALTER TABLE posts ADD CONSTRAINT short CHECK (length(text) < 10)",
        "TRUNCATE posts",
        "DELETE FROM posts",
        "DROP FUNCTION note_everything()",
        "DROP VIEW a; CREATE VIEW a AS SELECT 1",
        "REVOKE SELECT ON posts FROM somebody",
    ],
)
def test_what_takes_something_away_has_to_wait(sql: str) -> None:
    assert faults(made(sql))
    assert faults(made(f"-- contract: nothing reads it since 0.3\n{sql}")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE posts ADD COLUMN mood text",
        "ALTER TABLE posts ADD COLUMN mood text NOT NULL DEFAULT ''",
        "CREATE TABLE moods (id int PRIMARY KEY, name text NOT NULL CHECK (name <> ''))",
        "CREATE VIEW calm AS SELECT 'DROP TABLE posts' AS said",
        "-- DROP TABLE posts\nCREATE INDEX ON posts (lang)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM posts; RETURN NULL; END $$",
        "CREATE TRIGGER t AFTER TRUNCATE ON posts FOR EACH STATEMENT EXECUTE FUNCTION f()",
        "CREATE TABLE a (id int REFERENCES posts ON DELETE CASCADE)",
    ],
)
def test_what_only_adds_may_run_at_once(sql: str) -> None:
    assert faults(made(sql)) == []
