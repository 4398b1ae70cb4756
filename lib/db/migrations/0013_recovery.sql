-- What was backed up, verified and rehearsed, as a series that operators look at. The store has the truth about backups: these rows are
-- written again from it, for a database that was restored knows nothing of what came after its own backup.

CREATE TABLE backups (
    id             text PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('logical', 'base')),
    parent         text,
    -- running and failed are told by whoever takes it, the others by the store
    state          text NOT NULL CHECK (state IN ('running', 'failed', 'taken', 'good', 'bad', 'pruned')),
    place          text NOT NULL DEFAULT '',
    begun_at       timestamptz NOT NULL,
    finished_at    timestamptz,
    verified_at    timestamptz,
    pruned_at      timestamptz,
    plain_bytes    bigint,
    stored_bytes   bigint,
    seconds        numeric(12, 3),
    verify_seconds numeric(12, 3),
    -- what was checked and found, or what went wrong; for people
    note           text NOT NULL DEFAULT '',
    checks         jsonb NOT NULL DEFAULT '[]'
);

CREATE INDEX backups_begun ON backups (begun_at DESC, id DESC);

CREATE TABLE drills (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scenario     text NOT NULL,
    place        text NOT NULL DEFAULT 'this machine',
    begun_at     timestamptz NOT NULL,
    finished_at  timestamptz NOT NULL,
    injected     text NOT NULL,
    passed       boolean NOT NULL,
    -- seconds until service; seconds and rows of committed data lost; null where the drill does not measure it
    rto_s        numeric(12, 3) NOT NULL CHECK (rto_s > 0),
    rto_target_s numeric(12, 3) NOT NULL,
    rpo_s        numeric(12, 3),
    rpo_target_s numeric(12, 3),
    rpo_rows     bigint,
    phases       jsonb NOT NULL,
    checks       jsonb NOT NULL DEFAULT '[]',
    report       text NOT NULL DEFAULT '',
    CHECK (finished_at > begun_at)
);

CREATE INDEX drills_begun ON drills (begun_at DESC, id DESC);

-- How far the write-ahead log is in the store, told every few seconds by the service that sends it.
CREATE TABLE wal_archive (
    slot          text PRIMARY KEY,
    system        text NOT NULL,
    timeline      integer NOT NULL,
    place         text NOT NULL,
    state         text NOT NULL CHECK (state IN ('streaming', 'behind', 'broken', 'stopped')),
    written_lsn   pg_lsn NOT NULL,
    shipped_lsn   pg_lsn NOT NULL,
    -- every commit before this moment is in the store
    safe_until    timestamptz NOT NULL,
    slot_bytes    bigint NOT NULL,
    segments      bigint NOT NULL,
    note          text NOT NULL DEFAULT '',
    observed_at   timestamptz NOT NULL
);

-- What people were last told about a subject, so that the same is not told twice.
CREATE TABLE notices (
    subject text PRIMARY KEY,
    state   text NOT NULL,
    since   timestamptz NOT NULL,
    told_at timestamptz NOT NULL,
    message text NOT NULL DEFAULT ''
);
