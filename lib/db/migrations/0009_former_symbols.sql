-- Under which symbols a listing was traded before: a company that changes its symbol stays one listing, with its id and its history.
CREATE TABLE former_symbols (
    symbol    text NOT NULL CHECK (symbol = upper(symbol) AND symbol <> ''),
    until     date NOT NULL,
    symbol_id integer NOT NULL REFERENCES symbols ON DELETE CASCADE,
    PRIMARY KEY (symbol, until)
);
CREATE INDEX former_symbols_of ON former_symbols (symbol_id);
