-- What asking many providers takes: whose turn it is, what was spent, who is refused, what is missing, what must be looked at again.

-- Posts of a source whose deletions must be followed are due for another look from this moment on; NULL: nobody looks.
ALTER TABLE posts ADD COLUMN verify_after timestamptz;

CREATE INDEX posts_to_verify ON posts (source, verify_after) WHERE verify_after IS NOT NULL;

-- Some sources tell of deleted accounts, and all their posts go.
CREATE INDEX posts_of_author ON posts (source, author) WHERE author IS NOT NULL;

-- Deleted posts are due for nothing: whoever forgets one need not think of it.
CREATE FUNCTION deleted_is_not_due() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.verify_after := NULL;
    RETURN NEW;
END
$$;

CREATE TRIGGER deleted_is_not_due BEFORE UPDATE ON posts FOR EACH ROW
WHEN (NEW.deleted_at IS NOT NULL AND NEW.verify_after IS NOT NULL) EXECUTE FUNCTION deleted_is_not_due();

-- One token bucket per host and credential: next_at is when the bucket will be full again, less one rest.
CREATE TABLE paces (
    host       text NOT NULL,
    credential text NOT NULL,
    next_at    timestamptz NOT NULL,
    PRIMARY KEY (host, credential)
);

CREATE TABLE spend (
    source  text NOT NULL,
    day     date NOT NULL,
    unit    text NOT NULL,
    units   bigint NOT NULL DEFAULT 0 CHECK (units >= 0),
    dollars numeric NOT NULL DEFAULT 0 CHECK (dollars >= 0),
    calls   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source, day, unit)
);

-- A source that refused us is not asked again with the same credential until a person closes its circuit.
-- scope is empty for the whole source, or one of its streams.
CREATE TABLE circuits (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source     text NOT NULL,
    scope      text NOT NULL DEFAULT '',
    credential text NOT NULL,
    reason     text NOT NULL,
    hint       text NOT NULL DEFAULT '',
    opened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at  timestamptz,
    closed_by  text
);

CREATE UNIQUE INDEX circuits_open ON circuits (source, scope, credential) WHERE closed_at IS NULL;

-- Windows to ask for again: found missing, or wanted by a backfill. Never deleted and never closed without a reason.
CREATE TABLE gaps (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,
    stream       text NOT NULL,
    window_start timestamptz NOT NULL,
    window_end   timestamptz NOT NULL CHECK (window_end > window_start),
    origin       text NOT NULL CHECK (origin IN ('found', 'backfill')),
    reason       text NOT NULL DEFAULT '',
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'filled', 'lost')),
    tries        integer NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    found_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at    timestamptz,
    closing      text NOT NULL DEFAULT '' CHECK (state = 'open' OR closing <> '')
);

CREATE UNIQUE INDEX gaps_open ON gaps (source, stream, window_start, window_end) WHERE state = 'open';

CREATE INDEX gaps_due ON gaps (source, next_try_at) WHERE state = 'open';

CREATE INDEX gaps_of_stream ON gaps (source, stream, window_end);

-- What a reader has stored and not accounted for yet: an open stream would otherwise make a row of coverage every second.
ALTER TABLE cursors ADD COLUMN pending jsonb;

CREATE INDEX coverage_of_stream ON coverage (source, stream, window_end DESC);
