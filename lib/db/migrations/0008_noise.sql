-- What a text says of each stock by itself, and which texts were said before: both are counted in the buckets.

-- How a scorer reads one mention; `scores` has how it reads the whole text. A scorer that does not tell mentions apart says
-- of each what it says of the text, and so did every scorer until now.
CREATE TABLE mention_scores (
    post_id   bigint NOT NULL,
    symbol_id integer NOT NULL,
    scorer_id smallint NOT NULL REFERENCES scorers,
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
CREATE TABLE text_keys (
    key          bigint NOT NULL,
    published_at timestamptz NOT NULL,
    post_id      bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (key, published_at, post_id)
);

CREATE INDEX text_keys_of_post ON text_keys (post_id);

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
