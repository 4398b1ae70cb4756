"""A database that has something of everything, a store and keys: what tests of backups need. It does not back up."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from lib.backup.catalogue import read_backup
from lib.backup.dump import take_dump
from lib.backup.keys import BackupKeys, new_identity, parse_backup_keys
from lib.backup.store.objects import ObjectInfo, Store, Unfinished, Upload
from lib.db.pool import Pool
from lib.domain.backups import Backup
from tests.support.seed import add_post, add_scorer, add_symbol

INSTALLATION = "0123456789abcdef"
NOW = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)

# what a comparison could stumble over: enums and names of tables whose numbers change, types without a hash, columns
# that were dropped or came later with a default, partitions, expressions that PostgreSQL writes otherwise another time
_ODD = """
CREATE TYPE mood AS ENUM ('calm', 'wild');
CREATE DOMAIN moods AS mood[];
CREATE TYPE pair AS (a integer, b text);
CREATE TABLE "Odd ""table"" here" (
    id serial PRIMARY KEY, t text, moods moods, raw json, binary_raw jsonb, words tsvector, of_table regclass,
    place point,
    span int4range, money numeric, share float8, "a b" varchar CHECK ("a b" IN ('x', 'y')), pair pair, pairs pair[],
    bits bytea, gone integer, doubled integer GENERATED ALWAYS AS (id * 2) STORED
);
INSERT INTO "Odd ""table"" here"
    (t, moods, raw, binary_raw, words, of_table, place, span, money, share, "a b", pair, pairs, bits)
SELECT 't' || n, '{calm,wild}', '{"a":  1}', '{"a": 1}', 'a b', 'pg_class', '(1,2)', '[1,3)', 1.00 / n, 0.1 * n, 'x',
       '(1,p)', '{"(1,q)","(2,)"}', sha256(n::text::bytea) FROM generate_series(1, 200) AS n;
ALTER TABLE "Odd ""table"" here" DROP COLUMN gone;
ALTER TABLE "Odd ""table"" here" ADD COLUMN late text NOT NULL DEFAULT 'later';
CREATE UNLOGGED TABLE unlogged (n integer);
INSERT INTO unlogged VALUES (1);
CREATE TABLE split (kind text, n integer) PARTITION BY LIST (kind);
CREATE TABLE split_a PARTITION OF split FOR VALUES IN ('a');
CREATE TABLE split_rest PARTITION OF split DEFAULT;
CREATE INDEX split_n ON split (n);
INSERT INTO split VALUES ('a', 1), ('b', 2);
CREATE VIEW calm AS SELECT * FROM "Odd ""table"" here" WHERE "a b" IN ('x', 'z');
CREATE TABLE parent (n integer);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2);
CREATE SEQUENCE unused;
CREATE SEQUENCE around CYCLE MAXVALUE 3;
SELECT nextval('around'), nextval('around');
"""

_BULK = "CREATE TABLE bulk AS SELECT n, repeat(md5(n::text), 8) AS t FROM generate_series(1, $1::integer) AS n"


def new_keys() -> BackupKeys:
    """Keys that nobody else has."""
    return parse_backup_keys(new_identity(), place="the test")


async def furnish(pool: Pool, *, bulk: int = 0) -> None:
    """Listings, posts, scores, odd tables and, where asked, a table of so many rows of 300 bytes."""
    await add_scorer(pool)
    await add_symbol(pool, "AAPL", "Apple Inc.")
    await add_symbol(pool, "005930.KS", "Samsung Electronics")
    for n in range(20):
        await add_post(pool, "AAPL", NOW, text=f"$AAPL 좋다 {n}", external_id=f"p{n}")
    await pool.execute(_ODD)
    if bulk:
        await pool.execute(_BULK, bulk)


async def backed_up(url: str, store: Store, keys: BackupKeys) -> Backup:
    """A backup of the database at `url`, as the store has it."""
    index = await take_dump(url, store, keys, installation=INSTALLATION, now=NOW)
    return read_backup(store, INSTALLATION, "logical", index.id)


class Spoiled:
    """A store that reads as `store` does but for one object, whose bytes `spoil` changes."""

    def __init__(self, store: Store, key: str, spoil: Callable[[bytes], bytes]) -> None:
        self._store, self._key, self._spoil = store, key, spoil

    @property
    def place(self) -> str:
        return self._store.place

    def put(self, key: str, data: bytes) -> None:
        self._store.put(key, data)

    def replace(self, key: str, data: bytes) -> None:
        self._store.replace(key, data)

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        return self._store.begin(key, metadata=metadata)

    def get(self, key: str) -> bytes:
        data = self._store.get(key)
        return self._spoil(data) if key == self._key else data

    def read(self, key: str) -> Iterator[bytes]:
        if key != self._key:
            yield from self._store.read(key)
            return
        spoiled = self.get(key)
        for start in range(0, len(spoiled), 65536):
            yield spoiled[start : start + 65536]

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        return self._store.objects(prefix)

    def delete(self, keys: object) -> int:
        raise AssertionError("nothing is removed from it")

    def unfinished(self) -> Iterator[Unfinished]:
        return self._store.unfinished()

    def abort(self, upload: Unfinished) -> None:
        raise AssertionError("nothing is aborted in it")


class Interrupting:
    """A store that calls `interrupt` at the first bytes of an upload, and goes on."""

    def __init__(self, store: Store, interrupt: Callable[[], None]) -> None:
        self._store, self._interrupt = store, interrupt

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        return _InterruptedUpload(self._store.begin(key, metadata=metadata), self._interrupt)


class _InterruptedUpload:
    def __init__(self, upload: Upload, interrupt: Callable[[], None]) -> None:
        self._upload, self._interrupt, self._done = upload, interrupt, False

    def write(self, data: bytes) -> None:
        if not self._done:
            self._done = True
            self._interrupt()
        self._upload.write(data)

    def commit(self) -> None:
        self._upload.commit()

    def __enter__(self) -> Self:
        self._upload.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._upload.__exit__(kind, error, trace)


def flipped(dice: random.Random) -> Callable[[bytes], bytes]:
    """One bit is another one."""

    def spoil(data: bytes) -> bytes:
        at = dice.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]

    return spoil


def truncated(dice: random.Random) -> Callable[[bytes], bytes]:
    """The end is missing."""
    return lambda data: data[: dice.randrange(len(data))]


def swapped(dice: random.Random) -> Callable[[bytes], bytes]:
    """Two pieces stand in each other's place."""

    def spoil(data: bytes) -> bytes:
        while True:
            size = dice.randrange(1, max(2, len(data) // 4))
            first, second = sorted((dice.randrange(len(data) - size), dice.randrange(len(data) - size)))
            a, b = data[first : first + size], data[second : second + size]
            if second >= first + size and a != b:
                return data[:first] + b + data[first + size : second] + a + data[second + size :]

    return spoil
