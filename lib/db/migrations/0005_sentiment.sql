CREATE TABLE scorers (
    id   smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z]+@[0-9]+$')
);

CREATE TABLE mentions (
    post_id      bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    symbol_id    integer NOT NULL REFERENCES symbols ON DELETE CASCADE,
    published_at timestamptz NOT NULL,
    method       text NOT NULL CHECK (method IN ('cashtag', 'name', 'alias', 'ticker')),
    confidence   real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    span_start   integer NOT NULL,
    span_end     integer NOT NULL,
    PRIMARY KEY (post_id, symbol_id)
);

CREATE INDEX mentions_of_symbol ON mentions (symbol_id, published_at DESC, post_id DESC);

CREATE TABLE scores (
    post_id     bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    scorer_id   smallint NOT NULL REFERENCES scorers,
    value       numeric(7, 6) NOT NULL CHECK (value BETWEEN -1 AND 1),
    label       text NOT NULL CHECK (label IN ('positive', 'neutral', 'negative')),
    explanation jsonb NOT NULL,
    scored_at   timestamptz NOT NULL,
    PRIMARY KEY (post_id, scorer_id)
);

-- sentiment_buckets holds what is known now, sentiment_bucket_revisions what was known before; neither holds a person's words.
-- author_hashes are the 256 smallest 24-bit keyed hashes of the authors: their union counts the distinct authors of a longer window
-- exactly up to 256 and within about 6 % above, and one value is shared by dozens of accounts of a large network.
CREATE TABLE sentiment_bucket_revisions (
    symbol_id     integer NOT NULL,
    scorer_id     smallint NOT NULL,
    source        text NOT NULL,
    start         timestamptz NOT NULL,
    posts         integer NOT NULL,
    authors       integer NOT NULL,
    positive      integer NOT NULL,
    negative      integer NOT NULL,
    score_sum     numeric NOT NULL,
    author_hashes integer[] NOT NULL,
    observed_at   timestamptz NOT NULL,
    PRIMARY KEY (symbol_id, scorer_id, source, start, observed_at)
);

CREATE TABLE sentiment_buckets (
    LIKE sentiment_bucket_revisions,
    PRIMARY KEY (symbol_id, scorer_id, start, source)
);

CREATE INDEX sentiment_buckets_start ON sentiment_buckets (start);

CREATE FUNCTION keep_bucket_revision() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.observed_at := greatest(NEW.observed_at, OLD.observed_at + INTERVAL '1 microsecond');
    INSERT INTO sentiment_bucket_revisions VALUES (OLD.*);
    RETURN NEW;
END
$$;

CREATE TRIGGER keep_revision BEFORE UPDATE ON sentiment_buckets FOR EACH ROW EXECUTE FUNCTION keep_bucket_revision();

-- The buckets of one symbol and scorer in [since, until) as they were known at a moment; 'infinity' means as they are known now.
CREATE FUNCTION buckets_as_of(of_symbol integer, of_scorer smallint, since timestamptz, until timestamptz, moment timestamptz)
RETURNS SETOF sentiment_bucket_revisions
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT b.* FROM sentiment_buckets b
    WHERE b.symbol_id = of_symbol AND b.scorer_id = of_scorer AND b.start >= since AND b.start < until
      AND b.observed_at <= moment
    UNION ALL
    (SELECT DISTINCT ON (r.source, r.start) r.* FROM sentiment_bucket_revisions r
     JOIN sentiment_buckets b
       ON b.symbol_id = r.symbol_id AND b.scorer_id = r.scorer_id AND b.source = r.source AND b.start = r.start AND b.observed_at > moment
     WHERE moment < 'infinity'
       AND b.symbol_id = of_symbol AND b.scorer_id = of_scorer AND b.start >= since AND b.start < until
       AND r.symbol_id = of_symbol AND r.scorer_id = of_scorer AND r.start >= since AND r.start < until
       AND r.observed_at <= moment
     ORDER BY r.source, r.start, r.observed_at DESC);
END;

-- Distinct authors in a set of buckets, from their hashes (k smallest values).
CREATE FUNCTION distinct_authors(hashes integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN count(*) < 256 THEN count(*) ELSE round(255 * 16777216.0 / (max(h) + 1))::bigint END
    FROM (SELECT DISTINCT h FROM unnest(hashes) AS h ORDER BY h LIMIT 256) AS smallest;
END;

-- The key of the author hashes: made once per database, so that the hashes of two installations cannot be joined.
CREATE TABLE installation (
    singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    author_salt uuid NOT NULL DEFAULT gen_random_uuid()
);

INSERT INTO installation DEFAULT VALUES;

CREATE FUNCTION author_hash(source text, author text) RETURNS integer
LANGUAGE sql STABLE
RETURN (SELECT ('x0' || substr(encode(sha256(convert_to(author_salt::text || chr(31) || source || chr(31) || author, 'UTF8')), 'hex'), 1, 6))::bit(28)::integer
        FROM installation);
