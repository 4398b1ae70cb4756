CREATE TABLE symbols (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol      text NOT NULL UNIQUE CHECK (symbol = upper(symbol) AND symbol <> ''),
    name        text NOT NULL,
    name_ko     text,
    aliases     text[] NOT NULL DEFAULT '{}',
    exchange    text,
    currency    text,
    kind        text NOT NULL DEFAULT 'equity',
    listed_on   date,
    delisted_on date,
    sample      boolean NOT NULL DEFAULT false,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX symbols_updated_at ON symbols (updated_at);
