-- One logical table, one partition (or one hypertable) for all intervals: every statement is written once.
-- bars holds what is known now, bar_revisions what was known before. No foreign key to symbols: the check per row would cost a bulk
-- load more than the load itself, and every writer joins symbols to find the id.

CREATE TABLE bar_revisions (
    interval    text NOT NULL,
    symbol_id   integer NOT NULL,
    start       timestamptz NOT NULL,
    open        numeric,
    high        numeric,
    low         numeric,
    close       numeric NOT NULL,
    adj_close   numeric,
    volume      bigint,
    source      text NOT NULL,
    observed_at timestamptz NOT NULL,
    PRIMARY KEY (interval, symbol_id, start, observed_at)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
       AND current_setting('shared_preload_libraries') LIKE '%timescaledb%' THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        CREATE TABLE bars (LIKE bar_revisions, PRIMARY KEY (interval, symbol_id, start));
        PERFORM create_hypertable('bars', by_range('start', INTERVAL '90 days'), create_default_indexes => false);
    ELSE
        CREATE TABLE bars (LIKE bar_revisions, PRIMARY KEY (interval, symbol_id, start)) PARTITION BY LIST (interval);
        CREATE TABLE bars_1d PARTITION OF bars FOR VALUES IN ('1d');
        CREATE TABLE bars_1h PARTITION OF bars FOR VALUES IN ('1h');
        CREATE TABLE bars_1m PARTITION OF bars FOR VALUES IN ('1m');
    END IF;
END
$$;

ALTER TABLE bars ADD CONSTRAINT bars_interval CHECK (interval IN ('1d', '1h', '1m'));

CREATE FUNCTION keep_bar_revision() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.observed_at := greatest(NEW.observed_at, OLD.observed_at + INTERVAL '1 microsecond');
    INSERT INTO bar_revisions VALUES (OLD.*);
    RETURN NEW;
END
$$;

CREATE TRIGGER keep_revision BEFORE UPDATE ON bars FOR EACH ROW EXECUTE FUNCTION keep_bar_revision();

-- The bars of one symbol in [since, until) as they were known at a moment; 'infinity' means as they are known now.
CREATE FUNCTION bars_as_of(of_interval text, of_symbol integer, since timestamptz, until timestamptz, moment timestamptz)
RETURNS SETOF bar_revisions
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT b.* FROM bars b
    WHERE b.interval = of_interval AND b.symbol_id = of_symbol AND b.start >= since AND b.start < until
      AND b.observed_at <= moment
    UNION ALL
    (SELECT DISTINCT ON (r.start) r.* FROM bar_revisions r
     JOIN bars b ON b.interval = r.interval AND b.symbol_id = r.symbol_id AND b.start = r.start AND b.observed_at > moment
     WHERE moment < 'infinity'
       AND b.interval = of_interval AND b.symbol_id = of_symbol AND b.start >= since AND b.start < until
       AND r.interval = of_interval AND r.symbol_id = of_symbol AND r.start >= since AND r.start < until
       AND r.observed_at <= moment
     ORDER BY r.start, r.observed_at DESC);
END;

-- Append-only: a corrected value is a further row, and the newest one observed by a moment holds at that moment.
CREATE TABLE corporate_actions (
    symbol_id   integer NOT NULL REFERENCES symbols ON DELETE CASCADE,
    ex_date     date NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('dividend', 'split')),
    value       numeric NOT NULL,
    source      text NOT NULL,
    observed_at timestamptz NOT NULL,
    PRIMARY KEY (symbol_id, ex_date, kind, observed_at)
);
