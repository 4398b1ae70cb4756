CREATE TABLE posts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,
    external_id  text NOT NULL,
    author       text,
    author_since timestamptz,
    published_at timestamptz NOT NULL,
    observed_at  timestamptz NOT NULL,
    edited_at    timestamptz,
    deleted_at   timestamptz,
    lang         text,
    title        text,
    text         text,
    url          text,
    reach        bigint,
    content_hash bytea,
    duplicate_of bigint,
    UNIQUE (source, external_id),
    CONSTRAINT deleted_means_gone CHECK (
        deleted_at IS NULL
        OR (author IS NULL AND author_since IS NULL AND title IS NULL AND text IS NULL AND url IS NULL AND content_hash IS NULL)
    )
);

-- Posts that wait for a reading. A row is taken in the transaction that stores the reading, so a crash puts it back by itself.
CREATE TABLE score_queue (
    post_id   bigint PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
