"""Turns lines into records of fields: JSON objects or CSV rows, recognised by how the file begins. It does not judge
values.

A CSV record may span lines where a field is quoted; a quote that is never closed costs its own line only.
"""

import csv
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec

from lib.errors import ArchiveError
from lib.sources.archive.columns import FIELDS, Kind, assign_columns, check_header
from lib.sources.archive.lines import LONGEST, Line
from lib.sources.archive.rejects import Rejected

Fields = tuple[Any, ...]
T = TypeVar("T")

_MOST_LINES = 1000
_MOST_SHAPES = 256
_BOM = b"\xef\xbb\xbf"

# numbers with a point are handed over as they were written, never through a float
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class Record(NamedTuple):
    """The fields of one record in the order of FIELDS, or None and the reason why there are none."""

    line: int
    raw: bytes
    fields: Fields | None
    reason: str = ""


def read_records(lines: Iterator[Line], kind: Kind, mapping: Mapping[str, str], file: str) -> Iterator[Record]:
    """The records of a file from its lines. Raises ArchiveError where the file as a whole cannot be understood."""
    first = next((line for line in lines if line.raw.removeprefix(_BOM).strip()), None)
    if first is None:
        raise ArchiveError(f"{file} is empty.", hint="Check that it was written to its end.")
    first = first._replace(raw=first.raw.removeprefix(_BOM))
    if first.raw.lstrip().startswith(b"["):
        raise ArchiveError(
            f"{file} holds one JSON array.", hint="Write one object a line: jq -c '.[]' FILE > FILE.jsonl"
        )
    if first.raw.lstrip().startswith(b"{") or (b".jsonl" in file.lower().encode() and b'"' in first.raw):
        return _json_records(itertools.chain((first,), lines), kind, mapping)
    return _csv_records(first, lines, kind, mapping, file)


def _json_records(lines: Iterator[Line], kind: Kind, mapping: Mapping[str, str]) -> Iterator[Record]:
    shapes: dict[tuple[str, ...], tuple[str | None, ...]] = {}

    def fields_of(raw: bytes) -> Fields:
        try:
            row = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError) as error:
            raise Rejected(f"broken JSON: {error}") from None
        shape = tuple(row)
        columns = shapes.get(shape)
        if columns is None:
            positions = assign_columns(kind, shape, mapping)
            columns = tuple(None if position is None else shape[position] for position in positions)
            if len(shapes) < _MOST_SHAPES:
                shapes[shape] = columns
        fields = tuple([None if column is None else row[column] for column in columns])
        if b"\\u0000" in raw and any(isinstance(field, str) and "\0" in field for field in fields):
            raise Rejected("holds a NUL character")
        return fields

    for line in lines:
        if line.raw.strip():
            yield _record(line, fields_of, line.raw)


def _csv_records(
    first: Line, lines: Iterator[Line], kind: Kind, mapping: Mapping[str, str], file: str
) -> Iterator[Record]:
    try:
        header_text = first.raw.decode()
    except UnicodeDecodeError:
        raise ArchiveError(
            f"{file} is not UTF-8.", hint="Convert it: iconv -f CP949 -t UTF-8 FILE > NEW (or what it is)."
        ) from None
    delimiter = max(",;\t|", key=header_text.count)
    header = next(csv.reader([header_text], delimiter=delimiter))
    check_header(kind, header, mapping, file)
    columns = assign_columns(kind, header, mapping)
    width = len(header)
    # one column more than there are, always empty: it stands for every field that the file does not have
    take = tuple(width if column is None else column for column in columns)
    assert len(take) == len(FIELDS[kind])

    def fields_of(row: list[str]) -> Fields:
        if len(row) != width:
            raise Rejected(f"{len(row)} fields where the header has {width}")
        row.append("")
        return tuple([row[column] for column in take])

    def fields_of_plain(raw: bytes) -> Fields:
        return fields_of(raw.decode().split(delimiter))

    pending: deque[Line] = deque()
    while (line := pending.popleft() if pending else next(lines, None)) is not None:
        if b'"' in line.raw:
            yield _quoted(line, lines, pending, delimiter, fields_of)
        elif line.raw.strip():
            yield _record(line, fields_of_plain, line.raw)


def _quoted(
    line: Line, lines: Iterator[Line], pending: deque[Line], delimiter: str, fields_of: Callable[[list[str]], Fields]
) -> Record:
    parts = [line]
    reason = f"longer than {LONGEST:,} bytes"
    while not line.overlong:
        raw = b"\n".join(part.raw for part in parts)
        try:
            row = next(csv.reader([raw.decode()], delimiter=delimiter, strict=True))
        except UnicodeDecodeError:
            return Record(line.number, raw, None, "not UTF-8")
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                reason = f"broken CSV: {error}"
                break
            if not _extend(parts, lines, pending):
                reason = "a quote that is never closed"
                break
        else:
            return _record(line._replace(raw=raw), fields_of, row)
    pending.extendleft(reversed(parts[1:]))
    return Record(line.number, line.raw, None, reason)


def _extend(parts: list[Line], lines: Iterator[Line], pending: deque[Line]) -> bool:
    """Adds lines up to the next one that can close an open quote: one with an odd number of quotes."""
    size = sum(len(part.raw) + 1 for part in parts)
    while len(parts) < _MOST_LINES and size < LONGEST:
        following = pending.popleft() if pending else next(lines, None)
        if following is None:
            return False
        if following.overlong:
            pending.appendleft(following)
            return False
        parts.append(following)
        size += len(following.raw) + 1
        if following.raw.count(b'"') % 2:
            return True
    return False


def _record(line: Line, fields_of: Callable[[T], Fields], given: T) -> Record:
    if line.overlong:
        return Record(line.number, line.raw, None, f"longer than {LONGEST:,} bytes")
    if b"\0" in line.raw:
        return Record(line.number, line.raw, None, "holds a NUL character")
    try:
        return Record(line.number, line.raw, fields_of(given))
    except UnicodeDecodeError:
        return Record(line.number, line.raw, None, "not UTF-8")
    except Rejected as error:
        return Record(line.number, line.raw, None, str(error))
