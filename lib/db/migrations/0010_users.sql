-- email is kept in lower case; verified_at is set by the mailed link, disabled_at by an admin.
CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    password_hash text NOT NULL,
    role          text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'operator', 'admin')),
    locale        text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'ko')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    verified_at   timestamptz,
    disabled_at   timestamptz
);
