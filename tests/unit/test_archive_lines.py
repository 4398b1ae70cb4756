"""Bytes become lines and records, in bounded memory; a broken one costs itself only."""

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ArchiveError, ConfigurationError
from lib.sources.archive.columns import assign_columns, check_mapping
from lib.sources.archive.lines import LONGEST, Line, physical_lines
from lib.sources.archive.records import Record, read_records


def records(content: bytes, mapping: dict[str, str] | None = None, name: str = "file") -> list[Record]:
    return list(read_records(physical_lines(io.BytesIO(content)), "posts", mapping or {}, name))


@given(st.binary(max_size=300), st.integers(1, 40))
def test_lines_are_those_of_the_content(content: bytes, longest: int) -> None:
    content = content.replace(b"\r", b"")
    whole = content.split(b"\n")
    expected = whole[:-1] if whole[-1] == b"" else whole
    found = list(physical_lines(io.BytesIO(content), longest=longest))
    assert [line.number for line in found] == list(range(1, len(expected) + 1))
    assert [line.raw for line in found] == [raw[:longest] for raw in expected]
    assert [line.overlong for line in found] == [len(raw) > longest for raw in expected]


def test_an_endless_line_is_skipped_and_the_next_one_read() -> None:
    content = b"a\n" + b"x" * (3 * LONGEST) + b"\nb\r\n"
    found = list(physical_lines(io.BytesIO(content)))
    assert [(line.number, len(line.raw), line.overlong) for line in found] == [
        (1, 1, False),
        (2, LONGEST, True),
        (3, 1, False),
    ]


cell = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(cell, cell, cell), max_size=8))
def test_csv_is_read_as_csv_is_written(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "created_at", "text"), *rows])
    found = [record.fields for record in records(out.getvalue().encode())]
    assert [(fields[1], fields[2], fields[3]) for fields in found if fields is not None] == rows


def test_broken_csv_costs_its_own_line_only() -> None:
    content = b"\n".join(
        [
            b"\xef\xbb\xbfid,created_at,text",
            b'1,t,"over\n\ntwo lines, ""quoted"""',
            b'2,t,"never closed',
            b"3,t,fine",
            b"4,t",
            b"5,t,a\0b",
            b"6,t,\xff",
            b'7,t,a "word" in quotes',
            b'8,t,"x"y',
            b"",
            b"9,t,last",
        ]
    )
    found = records(content)
    assert [(record.line, record.fields[1]) for record in found if record.fields] == [
        (2, "1"),
        (6, "3"),
        (10, "7"),
        (13, "9"),
    ]
    assert found[0].fields is not None
    assert found[0].fields[3] == 'over\n\ntwo lines, "quoted"'
    reasons = {record.line: record.reason for record in found if record.fields is None}
    assert list(reasons) == [5, 7, 8, 9, 11]
    assert "never closed" in reasons[5]
    assert "2 fields where the header has 3" in reasons[7]
    assert "NUL" in reasons[8]
    assert "UTF-8" in reasons[9]
    assert "broken CSV" in reasons[11]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    for beginning in (b"id,created_at,text\n", b'{"id":"1"}\n'):
        for record in records(beginning + content):
            assert record.fields is not None or record.reason


def test_json_lines() -> None:
    rows = [
        json.dumps({"id": 7, "created_at": "t", "text": "삼성전자 &amp;"}).encode(),
        b'{"id": "8", "created_at": "t", "text": 1.10}',
        b"[1]", b'{"id": ', b'{"id": "\\u0000"}', b'{"id": "\xff"}', b'{"id": "\\ud800"}', b"[" * 100_000,
    ]  # fmt: skip
    found = records(b"\n".join(rows))
    assert [record.fields[1] for record in found if record.fields] == [7, "8"]
    assert found[1].fields is not None
    assert found[1].fields[3] == Decimal("1.10")
    assert [record.line for record in found if record.fields is None] == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'[{"id": 1}]', "array"),
        (b"a,b\n1,2", "no column for external_id"),
        (b"\xb0\xa1,b", "UTF-8"),
    ],
)
def test_files_that_cannot_be_understood(content: bytes, says: str) -> None:
    with pytest.raises(ArchiveError, match=says):
        records(content)


def test_columns_are_found_under_their_usual_names_and_by_mapping() -> None:
    def assigned(names: list[str], **mapping: str) -> dict[str, str]:
        from lib.sources.archive.columns import FIELDS

        positions = assign_columns("bars", names, mapping)
        return {field: names[at] for field, at in zip(FIELDS["bars"], positions, strict=True) if at is not None}

    assert assigned(["Symbol", "Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"]) == {
        "symbol": "Symbol", "start": "Date", "open": "Open", "high": "High", "low": "Low", "close": "Close",
        "adj_close": "Adj Close", "volume": "Volume",
    }  # fmt: skip
    assert assigned(["symbol", "yahoo_symbol", "datetime", "adjClose"])["symbol"] == "yahoo_symbol"
    assert assigned(["ticker", "date", "close", "px"], close="adj_close", px="close") == {
        "symbol": "ticker", "start": "date", "close": "px", "adj_close": "close",
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="no field 'price'") as error:
        check_mapping("bars", {"px": "price"})
    assert "adj_close" in error.value.hint
    with pytest.raises(ArchiveError, match="no column 'px'"):
        list(read_records(iter([Line(1, b"symbol,date,close")]), "bars", {"px": "open"}, "file"))
