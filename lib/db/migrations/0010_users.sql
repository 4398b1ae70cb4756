-- email is kept in lower case; disabled_at is set by an admin. Nobody is here whose address was not proved by a mailed
-- link, or given by an operator at a terminal. generation grows with everything that must end all tokens at once.
CREATE TABLE users (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email               text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    password_hash       text NOT NULL,
    role                text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'operator', 'admin')),
    locale              text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'ko')),
    generation          integer NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    verified_at         timestamptz,
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    disabled_at         timestamptz
);
CREATE INDEX users_by_age ON users (created_at DESC, id DESC);

-- What a mailed link stands for until it is followed. The link is signed and its signature is kept nowhere.
-- Of a registration the password is kept here: whoever registers a foreign address leaves nothing in users.
CREATE TABLE mail_links (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    purpose       text NOT NULL CHECK (purpose IN ('register', 'reset', 'email')),
    email         text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    user_id       uuid REFERENCES users ON DELETE CASCADE,
    password_hash text CHECK ((password_hash IS NOT NULL) = (purpose = 'register')),
    locale        text NOT NULL CHECK (locale IN ('en', 'ko')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    tries         integer NOT NULL DEFAULT 0,
    CHECK ((user_id IS NULL) = (purpose = 'register'))
);
CREATE INDEX mail_links_by_user ON mail_links (user_id);
CREATE INDEX mail_links_by_end ON mail_links (expires_at);
CREATE INDEX mail_links_by_email ON mail_links (email) WHERE purpose = 'register';

-- Mails to be sent. address and content are taken away once it was delivered, or given up.
CREATE TABLE mails (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template    text NOT NULL,
    address     text,
    locale      text NOT NULL CHECK (locale IN ('en', 'ko')),
    content     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    next_try_at timestamptz NOT NULL DEFAULT now(),
    tries       integer NOT NULL DEFAULT 0,
    closed_at   timestamptz,
    outcome     text CHECK (outcome IN ('sent', 'not_wanted', 'given_up')),
    CHECK ((closed_at IS NULL) = (outcome IS NULL)),
    CHECK (closed_at IS NULL OR address IS NULL)
);
CREATE INDEX mails_waiting ON mails (next_try_at) WHERE closed_at IS NULL;
CREATE INDEX mails_closed ON mails (closed_at) WHERE closed_at IS NOT NULL;

-- One login, until it ends: a family of refresh tokens of which one is good at a time.
CREATE TABLE sessions (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    address      inet,
    user_agent   text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 200),
    ended_at     timestamptz,
    ending       text CHECK (ending IN ('logout', 'password', 'reuse', 'admin', 'many')),
    CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE INDEX sessions_by_user ON sessions (user_id, last_used_at DESC);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- used_at, salt and key_id tell how the token was exchanged: its successor is made of it, this salt and that key.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    salt       bytea CHECK ((salt IS NULL) = (used_at IS NULL)),
    key_id     text CHECK ((key_id IS NULL) = (used_at IS NULL))
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key_hash     bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    prefix       text NOT NULL,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    scopes       text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'watchlists', 'alerts', 'account', 'operations']),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at DESC, id DESC);

-- Failures to log in, under a hash of what failed: an account's name, an address, or both together. An account need
-- not exist, so that it cannot be told from one that does.
CREATE TABLE throttles (
    key          bytea PRIMARY KEY CHECK (length(key) = 32),
    failures     integer NOT NULL,
    last_at      timestamptz NOT NULL,
    locked_until timestamptz
);
CREATE INDEX throttles_by_age ON throttles (last_at);

-- Where somebody logged in, or proved that a mail reached them: others' failures elsewhere do not lock them out here.
CREATE TABLE known_addresses (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    address inet NOT NULL,
    last_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, address)
);

-- Who did what to whom. Ids outlive those they stood for, and then stand for nobody.
CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    action     text NOT NULL,
    actor_id   uuid,
    actor      text NOT NULL CHECK (actor IN ('user', 'api-key', 'terminal', 'nobody')),
    target_id  uuid,
    address    inet,
    request_id text NOT NULL DEFAULT '',
    details    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_actor ON audit (actor_id, id DESC);
CREATE INDEX audit_by_target ON audit (target_id, id DESC);
CREATE INDEX audit_with_address ON audit (at) WHERE address IS NOT NULL;

-- Appended only. The one thing that may be taken away is an address, which is somebody's.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.address IS NULL
       AND (NEW.id, NEW.at, NEW.action, NEW.actor, NEW.request_id, NEW.details)
         = (OLD.id, OLD.at, OLD.action, OLD.actor, OLD.request_id, OLD.details)
       AND NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id AND NEW.target_id IS NOT DISTINCT FROM OLD.target_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit is appended only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_is_appended_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
