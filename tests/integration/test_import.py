"""Files become rows, once: whatever is repeated, broken, compressed, killed or imported again."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.db.ingest.archive import begin_import, end_import
from lib.db.pool import Pool
from lib.db.symbols import all_listings
from lib.errors import ArchiveError, ConfigurationError
from lib.sources.archive.accounts import Summary
from lib.sources.archive.columns import Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from lib.sources.archive.seen import SeenKeys
from tests.support.tables import digest_of_all_tables

BAR_COLUMNS = ("symbol", "date", "open", "high", "low", "close", "adj_close", "volume")


def csv_file(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([columns, *rows])
    path.write_text(out.getvalue())
    return path


def some_bars(n: int, symbols: int = 3) -> list[Sequence[object]]:
    return [
        (f"S{i % symbols}", date(2020, 1, 1) + timedelta(days=i // symbols), "1.5", "2", "1", f"1.{i}", "", 10 + i)
        for i in range(n)
    ]


def post(n: int, **changes: Any) -> dict[str, Any]:
    moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=n)
    row = {"source": "x", "external_id": str(n), "created_at": moment.isoformat(), "text": f"text {n}", "author": "a"}
    return {**row, **changes}


def json_file(path: Path, rows: Iterable[dict[str, Any] | bytes]) -> Path:
    path.write_bytes(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows) + b"\n")
    return path


def rejected(summary: Summary) -> list[tuple[int, str, str]]:
    if summary.rejects is None:
        return []
    entries = [json.loads(line) for line in summary.rejects.read_text().splitlines()]
    assert len(entries) == summary.rejected
    return [(entry["line"], entry["reason"], entry["text"]) for entry in entries]


async def run(pool: Pool, kind: Kind, file: Path, **options: Any) -> Summary:
    return await import_file(
        pool, file, ImportOptions(kind=kind, **options), rejects=file.parent / f"{file.name}.rejects.jsonl"
    )


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    return summary.read, summary.new, summary.changed, summary.unchanged, summary.rejected


async def test_bars_are_imported_exactly_and_again_without_a_trace(pool: Pool, tmp_path: Path) -> None:
    file = csv_file(
        tmp_path / "bars.csv",
        BAR_COLUMNS,
        [*some_bars(300), ("S0", "2030-01-01", "", "", "", "0.1234567890123456789", "", "")],
    )
    summary = await run(pool, "bars", file)
    assert counts(summary) == (301, 301, 0, 0, 0)
    assert (summary.listed, summary.again, summary.resumed_at) == (3, False, 0)
    row = await pool.fetchrow("SELECT open, close::text, source, start FROM bars WHERE start > '2029-01-01'")
    assert row is not None
    assert tuple(row) == (None, "0.1234567890123456789", "archive", datetime(2030, 1, 1, tzinfo=UTC))
    before = await digest_of_all_tables(pool)
    again = await run(pool, "bars", file)
    assert counts(again) == (301, 0, 0, 301, 0)
    assert again.again
    assert await digest_of_all_tables(pool) == before


async def test_a_corrected_file_makes_revisions(pool: Pool, tmp_path: Path) -> None:
    await run(pool, "bars", csv_file(tmp_path / "a.csv", BAR_COLUMNS, some_bars(6)))
    corrected = [row if i else (*row[:5], "1.9", *row[6:]) for i, row in enumerate(some_bars(6))]
    assert counts(await run(pool, "bars", csv_file(tmp_path / "b.csv", BAR_COLUMNS, corrected))) == (6, 0, 1, 5, 0)
    assert await pool.fetchval("SELECT count(*) FROM bar_revisions") == 1


async def test_of_bars_and_posts_that_repeat_in_a_file_the_first_counts(pool: Pool, tmp_path: Path) -> None:
    bars = csv_file(
        tmp_path / "bars.csv",
        BAR_COLUMNS,
        [("A", "2020-01-01", 1, 1, 1, 1, "", 1), ("A", "2020-01-01", 2, 2, 2, 2, "", 1)],
    )
    posts = json_file(tmp_path / "posts.jsonl", [post(1), post(1, text="other"), post(2)])
    for _ in range(2):
        summary = await run(pool, "bars", bars)
        assert [(line, reason) for line, reason, _ in rejected(summary)] == [(3, "this bar came before in the file")]
        summary = await run(pool, "posts", posts)
        assert [(line, reason) for line, reason, _ in rejected(summary)] == [(2, "this post came before in the file")]
    assert await pool.fetchval("SELECT close FROM bars") == 1
    assert await pool.fetchval("SELECT text FROM posts WHERE external_id = '1'") == "text 1"
    assert await pool.fetchval("SELECT count(*) FROM bar_revisions") == 0


async def test_bad_lines_are_rejected_with_reason_and_the_rest_comes_in(pool: Pool, tmp_path: Path) -> None:
    file = json_file(
        tmp_path / "posts.jsonl",
        [
            post(1, text="AT&amp;T"),
            b'{"broken": ',
            post(2, created_at="2026-03-02 10:00"),
            b'{"text": "\xff"}',
            post(3, text="\0"),
            post(4, text="[removed]"),
            post(5, text=None, title="only a title"),
            b"x" * (1 << 21),
            post(6, created_at=None),
            post(7),
        ],
    )
    summary = await run(pool, "posts", file)
    assert counts(summary) == (10, 3, 0, 0, 7)
    found = rejected(summary)
    assert [line for line, _, _ in found] == [2, 3, 4, 5, 6, 8, 9]
    reasons = " | ".join(reason for _, reason, _ in found)
    for words in (
        "broken JSON",
        "no time zone",
        "utf-8",
        "NUL",
        "no text and no title",
        "longer than",
        "no published_at",
    ):
        assert words in reasons
    assert found[2][2] == '{"text": "\\xff"}'
    assert summary.rejects is not None
    assert summary.rejects.stat().st_mode & 0o077 == 0
    assert await pool.fetchval("SELECT array_agg(text ORDER BY external_id) FROM posts") == ["AT&T", "", "text 7"]
    assert await pool.fetchval("SELECT count(*) FROM score_queue") == 3


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
async def test_compression_is_known_by_content(pool: Pool, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    plain = csv_file(tmp_path / "plain", BAR_COLUMNS, some_bars(10))
    packed = tmp_path / "whatever.dat"
    # two members one after the other are one file for gzip and zstd alike
    content = plain.read_bytes()
    packed.write_bytes(pack(content[:50]) + pack(content[50:]))
    assert counts(await run(pool, "bars", packed)) == (10, 10, 0, 0, 0)


async def test_a_file_that_ends_early_gives_what_it_has(pool: Pool, tmp_path: Path) -> None:
    content = gzip.compress(csv_file(tmp_path / "plain", BAR_COLUMNS, some_bars(30_000)).read_bytes())
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(ArchiveError, match=r"cut.csv.gz cannot be read to its end"):
        await run(pool, "bars", cut)
    assert 10_000 <= await pool.fetchval("SELECT count(*) FROM bars") < 30_000


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"PK\x03\x04zip", "ZIP"), (b"a,b\n1,2\n", "no column"), (b"\xff\xfea", "UTF-16")],
)
async def test_files_that_cannot_be_read_at_all(pool: Pool, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    with pytest.raises(ArchiveError, match=says):
        await run(pool, "bars", tmp_path / "file.csv")
    with pytest.raises(ArchiveError, match="cannot be read"):
        await run(pool, "bars", tmp_path / "absent.csv")
    assert not (tmp_path / "file.csv.rejects.jsonl").exists()


async def test_intraday_bars_need_their_interval_and_their_zone(pool: Pool, tmp_path: Path) -> None:
    columns = ("symbol", "datetime", "close")
    file = csv_file(
        tmp_path / "minutes.csv", columns, [("AAPL", "2019-02-11 09:31:00", 1), ("AAPL", "2019-02-11 09:32:00", 2)]
    )
    with pytest.raises(ArchiveError, match="times of day") as error:
        await run(pool, "bars", file)
    assert "--interval" in error.value.hint
    assert counts(await run(pool, "bars", file, interval="1m")) == (2, 0, 0, 0, 2)
    assert counts(await run(pool, "bars", file, interval="1m", timezone="US/Eastern")) == (2, 2, 0, 0, 0)
    assert await pool.fetchval("SELECT min(start) FROM bars") == datetime(2019, 2, 11, 14, 31, tzinfo=UTC)


async def test_options_that_cannot_be_meant(pool: Pool, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "bars.csv", BAR_COLUMNS, some_bars(3))
    for options in ({"timezone": "Mars/Base"}, {"source": "sample"}, {"mapping": {"close": "price"}}):
        with pytest.raises(ConfigurationError):
            await run(pool, "bars", file, **options)
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="would be overwritten"):
        await import_file(pool, file, ImportOptions(kind="bars"), rejects=tmp_path / "precious.txt")
    assert (tmp_path / "precious.txt").read_text() == "mine"


async def test_listings_of_both_countries(pool: Pool, tmp_path: Path) -> None:
    columns = ("code", "yahoo_symbol", "name_ko", "name_en", "market", "listing_date", "reason")
    file = csv_file(
        tmp_path / "kr.csv",
        columns,
        [
            ("005930", "005930.KS", "삼성전자", "Samsung Electronics", "KOSPI", "1975-06-11", "over\ntwo lines"),
            ("000660", "", "SK하이닉스", "", "KOSPI", "", ""),
            ("005930", "005930.KS", "삼성", "", "KOSPI", "", ""),
            ("x y", "", "", "", "", "", ""),
        ],
    )
    assert counts(await run(pool, "symbols", file)) == (4, 2, 0, 0, 2)
    known = {listing.symbol: listing for listing in (await all_listings(pool)).values()}
    assert (known["005930.KS"].name, known["005930.KS"].name_ko) == ("Samsung Electronics", "삼성전자")
    assert (known["000660.KS"].name, known["000660.KS"].currency) == ("SK하이닉스", "KRW")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 9).map(lambda n: bytes([n])), max_size=8), max_size=4), st.integers(0, 5))
async def test_keys_seen_are_a_set_wherever_they_lie(pool: Pool, calls: list[list[bytes]], most: int) -> None:
    seen, known = SeenKeys(most), set[bytes]()
    async with pool.acquire() as conn:
        await begin_import(conn, "a file")
        for keys in calls:
            expected = [key not in known and key not in keys[:at] for at, key in enumerate(keys)]
            assert await seen.add(conn, keys) == expected
            known.update(keys)
        await end_import(conn, "a file")


row_kinds = st.sampled_from(["new", "repeat", "broken", "naive", "gone"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(row_kinds, st.integers(0, 5), st.sampled_from(["a", "b"])), min_size=1, max_size=15))
async def test_any_file_imported_twice_equals_once(
    pool: Pool, tmp_path: Path, rows: list[tuple[str, int, str]]
) -> None:
    made: dict[str, Callable[[int, str], dict[str, Any] | bytes]] = {
        "new": lambda n, text: post(n, text=text),
        "repeat": lambda n, text: post(n % 2, text=text),
        "broken": lambda n, text: b"{",
        "naive": lambda n, text: post(n, created_at="2026-03-02 10:00"),
        "gone": lambda n, text: post(n, text="[deleted]"),
    }
    file = json_file(tmp_path / "any.jsonl", [made[kind](n, text) for kind, n, text in rows])
    first = await run(pool, "posts", file)
    before, lines = await digest_of_all_tables(pool), rejected(first)
    again = await run(pool, "posts", file)
    assert await digest_of_all_tables(pool) == before
    assert rejected(again) == lines
    assert (again.new, again.changed, again.read, again.rejected) == (0, 0, first.read, first.rejected)
