-- What each source was asked for and what came; append-only, so the past of the accounts stays as it was.
CREATE TABLE coverage (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,
    stream       text NOT NULL,
    window_start timestamptz NOT NULL,
    window_end   timestamptz NOT NULL CHECK (window_end >= window_start),
    state        text NOT NULL CHECK (state IN ('ok', 'empty', 'rate_limited', 'denied', 'over_budget', 'unavailable')),
    reason       text NOT NULL DEFAULT '',
    asked        bigint NOT NULL DEFAULT 0,
    received     bigint NOT NULL DEFAULT 0,
    observed_at  timestamptz NOT NULL
);

CREATE INDEX coverage_of_source ON coverage (source, observed_at DESC);

-- How far a reader got in a stream; written in the transaction that stores what it read.
CREATE TABLE cursors (
    source     text NOT NULL,
    stream     text NOT NULL,
    position   jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, stream)
);
