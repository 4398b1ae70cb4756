-- What a person watches, and what they are told of. All of it goes with the person.

CREATE TABLE watchlists (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    is_default boolean NOT NULL DEFAULT false,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE UNIQUE INDEX watchlists_name ON watchlists (user_id, lower(name));
CREATE UNIQUE INDEX watchlists_default ON watchlists (user_id) WHERE is_default;

CREATE TABLE watchlist_symbols (
    watchlist_id uuid NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    symbol_id    integer NOT NULL REFERENCES symbols ON DELETE CASCADE,
    position     integer NOT NULL,
    PRIMARY KEY (watchlist_id, symbol_id)
);

CREATE INDEX watchlist_symbols_symbol ON watchlist_symbols (symbol_id);

-- ruled_at is when the threshold was last said: a split since then moves it. The secret of a webhook is derived from the key with
-- the id secret_key and a generation, and never stored; the one before it signs, too, until previous_until.
CREATE TABLE alerts (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id               uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    symbol_id             integer NOT NULL REFERENCES symbols ON DELETE CASCADE,
    name                  text NOT NULL CHECK (length(name) <= 80),
    measure               text NOT NULL
                          CHECK (measure IN ('score', 'filtered_score', 'buzz', 'filtered_buzz', 'price', 'price_change')),
    time_window           text CHECK (time_window IN ('1h', '24h', '7d')),
    direction             text NOT NULL CHECK (direction IN ('above', 'below', 'crosses')),
    threshold             numeric NOT NULL,
    hysteresis            numeric NOT NULL CHECK (hysteresis >= 0),
    cooldown              interval NOT NULL CHECK (cooldown >= INTERVAL '0'),
    min_posts             integer NOT NULL CHECK (min_posts >= 0),
    min_confidence        text NOT NULL CHECK (min_confidence IN ('none', 'low', 'medium', 'high')),
    ruled_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    channel               text NOT NULL CHECK (channel IN ('webhook', 'email')),
    url                   text CHECK (length(url) <= 2000),
    secret_key            text,
    secret_generation     integer NOT NULL DEFAULT 1,
    previous_key          text,
    previous_generation   integer,
    previous_until        timestamptz,
    paused_at             timestamptz,
    pause_reason          text NOT NULL DEFAULT '',
    version               integer NOT NULL DEFAULT 1,
    created_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((channel = 'webhook') = (url IS NOT NULL)),
    CHECK ((channel = 'webhook') = (secret_key IS NOT NULL)),
    CHECK ((measure = 'price') = (time_window IS NULL))
);

CREATE INDEX alerts_user ON alerts (user_id, created_at, id);
CREATE INDEX alerts_symbol ON alerts (symbol_id);

-- What each alert has learned. A writer names the revision that it has read: whoever comes second writes nothing.
CREATE TABLE alert_states (
    alert_id uuid PRIMARY KEY REFERENCES alerts ON DELETE CASCADE,
    revision integer NOT NULL DEFAULT 0,
    side     text CHECK (side IN ('above', 'below')),
    fired_at timestamptz,
    quiet    integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- Each firing with the rule as it was then; one revision of a state fires at most once.
CREATE TABLE alert_firings (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    alert_id   uuid NOT NULL REFERENCES alerts ON DELETE CASCADE,
    revision   integer NOT NULL,
    fired_at   timestamptz NOT NULL,
    side       text NOT NULL CHECK (side IN ('above', 'below')),
    measure    text NOT NULL,
    time_window text,
    direction  text NOT NULL,
    threshold  numeric NOT NULL,
    value      numeric NOT NULL,
    posts      integer,
    confidence text,
    quiet      integer NOT NULL,
    UNIQUE (alert_id, revision)
);

CREATE INDEX alert_firings_history ON alert_firings (alert_id, fired_at DESC, id DESC);
CREATE INDEX alert_firings_age ON alert_firings (fired_at);

-- The outbox. A delivery without a firing is a test. Its id goes with every try, so that a receiver can tell a repetition.
-- leased_until is set while somebody tries: after a crash another one may when it has passed.
CREATE TABLE alert_deliveries (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    alert_id     uuid NOT NULL REFERENCES alerts ON DELETE CASCADE,
    firing_id    uuid UNIQUE REFERENCES alert_firings ON DELETE CASCADE,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped')),
    tries        integer NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL,
    leased_until timestamptz,
    reason       text NOT NULL DEFAULT '',
    status       integer,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    CHECK ((state = 'waiting') = (finished_at IS NULL))
);

CREATE INDEX alert_deliveries_due ON alert_deliveries (next_try_at) WHERE state = 'waiting';
CREATE INDEX alert_deliveries_alert ON alert_deliveries (alert_id, created_at DESC);
CREATE INDEX alert_deliveries_user ON alert_deliveries (user_id) WHERE state = 'waiting';

-- How often each person had a delivery tested of late: alerts that are made for it and deleted again do not hide it.
CREATE TABLE alert_tests (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    made_at timestamptz NOT NULL
);

CREATE INDEX alert_tests_user ON alert_tests (user_id, made_at);

-- The newest evaluation, and what all of them came to: histories go with their alerts, these sums do not.
CREATE TABLE alert_evaluation (
    singleton    boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    evaluated_at timestamptz,
    seconds      double precision NOT NULL DEFAULT 0,
    alerts       integer NOT NULL DEFAULT 0,
    firings      bigint NOT NULL DEFAULT 0
);

INSERT INTO alert_evaluation DEFAULT VALUES;
