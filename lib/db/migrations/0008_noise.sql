-- What a text says of each stock by itself, and which texts were said before: both are counted in the buckets.

-- How a scorer reads one mention; `scores` has how it reads the whole text. A scorer that does not tell mentions apart says
-- of each what it says of the text, and so did every scorer until now. That the scorer exists is checked where the score
-- of the text is stored.
CREATE TABLE mention_scores (
    post_id   bigint NOT NULL,
    symbol_id integer NOT NULL,
    scorer_id smallint NOT NULL,
    value     numeric(7, 6) NOT NULL CHECK (value BETWEEN -1 AND 1),
    label     text NOT NULL CHECK (label IN ('positive', 'neutral', 'negative')),
    PRIMARY KEY (post_id, symbol_id, scorer_id),
    FOREIGN KEY (post_id, symbol_id) REFERENCES mentions ON DELETE CASCADE
);

INSERT INTO mention_scores (post_id, symbol_id, scorer_id, value, label)
SELECT post_id, symbol_id, scorer_id, value, label FROM mentions JOIN scores USING (post_id);

-- Two posts that share a key say the same in nearly the same words. Keys are hashes under a secret of the installation, and
-- go with the mentions of their post. A post is a copy if an earlier one of the three days before it shares a key with it:
-- nothing else is kept about copies, so neither the order in which posts came nor a deletion can leave anything wrong behind.
-- The keys of a post stand with each of its mentions, to be looked for, and here, to be found.
CREATE TABLE text_keys (
    key          bigint NOT NULL,
    published_at timestamptz NOT NULL,
    post_id      bigint NOT NULL,
    PRIMARY KEY (key, published_at, post_id)
);

ALTER TABLE mentions ADD COLUMN keys bigint[] NOT NULL DEFAULT '{}';

-- in place of a foreign key, whose check of each row would cost more than the row
CREATE FUNCTION drop_text_keys() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM text_keys k
    USING (SELECT DISTINCT unnest(g.keys) AS key, g.published_at, g.post_id FROM gone g
           WHERE NOT EXISTS (SELECT FROM mentions m WHERE m.post_id = g.post_id)) AS unused
    WHERE k.key = unused.key AND k.published_at = unused.published_at AND k.post_id = unused.post_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER drop_text_keys AFTER DELETE ON mentions REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION drop_text_keys();

CREATE FUNCTION empty_text_keys() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE text_keys;
    RETURN NULL;
END
$$;

CREATE TRIGGER empty_text_keys AFTER TRUNCATE ON mentions FOR EACH STATEMENT EXECUTE FUNCTION empty_text_keys();

ALTER TABLE installation ADD COLUMN text_salt uuid NOT NULL DEFAULT gen_random_uuid();

-- never written: what is a copy depends on which other posts there are
ALTER TABLE posts DROP COLUMN duplicate_of;

-- filtered_*: without copies. author_posts goes with author_hashes: how many posts each of them wrote; most_by_one is the
-- largest of all. aged_posts have an author whose account's age is known, new_account_posts one younger than 30 days.
-- The columns stand last and in one order in both tables, because the trigger copies rows as they are.
ALTER TABLE sentiment_bucket_revisions
    ADD COLUMN filtered_posts integer NOT NULL DEFAULT 0,
    ADD COLUMN filtered_positive integer NOT NULL DEFAULT 0,
    ADD COLUMN filtered_negative integer NOT NULL DEFAULT 0,
    ADD COLUMN filtered_score_sum numeric NOT NULL DEFAULT 0,
    ADD COLUMN filtered_author_hashes integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN author_posts integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN most_by_one integer NOT NULL DEFAULT 0,
    ADD COLUMN aged_posts integer NOT NULL DEFAULT 0,
    ADD COLUMN new_account_posts integer NOT NULL DEFAULT 0;

ALTER TABLE sentiment_buckets
    ADD COLUMN filtered_posts integer NOT NULL DEFAULT 0,
    ADD COLUMN filtered_positive integer NOT NULL DEFAULT 0,
    ADD COLUMN filtered_negative integer NOT NULL DEFAULT 0,
    ADD COLUMN filtered_score_sum numeric NOT NULL DEFAULT 0,
    ADD COLUMN filtered_author_hashes integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN author_posts integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN most_by_one integer NOT NULL DEFAULT 0,
    ADD COLUMN aged_posts integer NOT NULL DEFAULT 0,
    ADD COLUMN new_account_posts integer NOT NULL DEFAULT 0;

-- What was counted before copies were known is counted in full. That is no news of the world, so no revision is kept of it.
UPDATE sentiment_bucket_revisions SET
    filtered_posts = posts, filtered_positive = positive, filtered_negative = negative, filtered_score_sum = score_sum,
    filtered_author_hashes = author_hashes;

ALTER TABLE sentiment_buckets DISABLE TRIGGER keep_revision;

UPDATE sentiment_buckets SET
    filtered_posts = posts, filtered_positive = positive, filtered_negative = negative, filtered_score_sum = score_sum,
    filtered_author_hashes = author_hashes;

ALTER TABLE sentiment_buckets ENABLE TRIGGER keep_revision;

-- as before, with the further columns: the body knows the columns that there were when it was made
CREATE OR REPLACE FUNCTION buckets_as_of(of_symbol integer, of_scorer smallint, since timestamptz, until timestamptz, moment timestamptz)
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

-- Sentiment of one symbol, scorer and source (NULL: all) in [since, until) by intervals of one length that begin at `origin` or
-- a multiple away, as known at a moment. Intervals without posts are left out. The shares are NULL where nothing is known of
-- the authors; the busiest author of a longer interval is found among the authors whose hashes its buckets keep.
CREATE FUNCTION sentiment_intervals(
    of_symbol integer, of_scorer smallint, of_source text, length interval, origin timestamptz,
    since timestamptz, until timestamptz, moment timestamptz
) RETURNS TABLE (
    start timestamptz, posts bigint, authors bigint, positive bigint, negative bigint, score numeric,
    filtered_posts bigint, filtered_authors bigint, filtered_positive bigint, filtered_negative bigint, filtered_score numeric,
    author_concentration numeric, new_account_share numeric, sample boolean
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH buckets AS MATERIALIZED (
        SELECT date_bin(length, k.start, origin) AS bin, k.*
        FROM buckets_as_of(of_symbol, of_scorer, since, until, moment) k
        WHERE k.posts > 0 AND (of_source IS NULL OR k.source = of_source)
    ), voices AS (
        SELECT v.bin, distinct_authors(array_agg(v.hash)) AS authors, max(v.posts) AS busiest
        FROM (SELECT b.bin, u.hash, sum(u.posts) AS posts
              FROM buckets b CROSS JOIN unnest(b.author_hashes, b.author_posts) AS u (hash, posts)
              GROUP BY b.bin, u.hash) v
        GROUP BY v.bin
    ), first_voices AS (
        SELECT b.bin, distinct_authors(array_agg(DISTINCT hash)) AS authors
        FROM buckets b CROSS JOIN unnest(b.filtered_author_hashes) AS hash GROUP BY b.bin
    ), sums AS (
        SELECT b.bin, sum(b.posts) AS posts, sum(b.positive) AS positive, sum(b.negative) AS negative,
               sum(b.score_sum) AS score_sum, sum(b.filtered_posts) AS filtered_posts,
               sum(b.filtered_positive) AS filtered_positive, sum(b.filtered_negative) AS filtered_negative,
               sum(b.filtered_score_sum) AS filtered_score_sum, max(b.most_by_one) AS most_by_one,
               sum(b.aged_posts) AS aged_posts, sum(b.new_account_posts) AS new_account_posts,
               bool_or(b.source = 'sample') AS sample
        FROM buckets b GROUP BY b.bin
    )
    SELECT s.bin, s.posts, coalesce(v.authors, 0), s.positive, s.negative, trim_scale(round(s.score_sum / s.posts, 6)),
           s.filtered_posts, coalesce(f.authors, 0), s.filtered_positive, s.filtered_negative,
           trim_scale(round(s.filtered_score_sum / nullif(s.filtered_posts, 0), 6)),
           trim_scale(round(greatest(v.busiest, nullif(s.most_by_one, 0))::numeric / s.posts, 4)),
           trim_scale(round(s.new_account_posts::numeric / nullif(s.aged_posts, 0), 4)), s.sample
    FROM sums s LEFT JOIN voices v USING (bin) LEFT JOIN first_voices f USING (bin)
    ORDER BY s.bin;
END;

-- The posts of the `periods` windows of one length before a moment, the latest first, as known at another; `older`: any before.
CREATE FUNCTION posts_before(
    of_symbol integer, of_scorer smallint, of_source text, until timestamptz, length interval, periods integer,
    moment timestamptz
) RETURNS TABLE (posts bigint[], filtered_posts bigint[], older boolean)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT array_agg(coalesce(p.posts, 0) ORDER BY n.n), array_agg(coalesce(p.filtered_posts, 0) ORDER BY n.n),
           EXISTS (SELECT FROM buckets_as_of(of_symbol, of_scorer, '-infinity', until - periods * length, moment) k
                   WHERE k.posts > 0 AND (of_source IS NULL OR k.source = of_source))
    FROM generate_series(1, periods) AS n (n)
    LEFT JOIN (
        SELECT (date_part('epoch', until - k.start)::bigint - 1) / date_part('epoch', length)::bigint + 1 AS period,
               sum(k.posts)::bigint AS posts, sum(k.filtered_posts)::bigint AS filtered_posts
        FROM buckets_as_of(of_symbol, of_scorer, until - periods * length, until, moment) k
        WHERE of_source IS NULL OR k.source = of_source
        GROUP BY 1
    ) p ON p.period = n.n;
END;
