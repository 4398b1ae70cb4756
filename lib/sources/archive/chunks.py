"""Reads a file into chunks of rows, bounded in rows and bytes. It stores nothing, and runs in a thread of its own."""

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from lib.errors import ArchiveError
from lib.sources.archive.accounts import Span
from lib.sources.archive.columns import Kind
from lib.sources.archive.files import open_archive
from lib.sources.archive.kinds import Reader, Row
from lib.sources.archive.lines import physical_lines
from lib.sources.archive.records import Record, read_records
from lib.sources.archive.rejects import Reject, Rejected

_MOST_ROWS = 10_000
_MOST_BYTES = 4 << 20


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and rejects of consecutive lines up to `last_line`; `taken` of `size` bytes of the file were needed to get
    here.

    `failure` says that the file cannot be read past this chunk.
    """

    rows: list[Row]
    rejects: list[Reject]
    last_line: int
    taken: int
    size: int
    spans: Mapping[str, Span]
    failure: ArchiveError | None = None


def read_chunks(file: Path, kind: Kind, mapping: Mapping[str, str], reader: Reader) -> Generator[Chunk, None, None]:
    """The file, chunk by chunk. Raises ArchiveError where nothing of it can be imported."""
    with open_archive(file) as stream:
        records = read_records(physical_lines(stream), kind, mapping, file.name)
        first = True
        failure = None
        while failure is None:
            batch, failure = _take(records)
            if first:
                if failure is not None and not batch:
                    raise failure
                reader.check([record.fields for record in batch if record.fields is not None])
                first = False
            if not batch and failure is None:
                return
            yield _understood(batch, reader, stream.taken, stream.size, failure)


def _take(records: Iterator[Record]) -> tuple[list[Record], ArchiveError | None]:
    batch: list[Record] = []
    size = 0
    try:
        for record in records:
            batch.append(record)
            size += len(record.raw)
            if len(batch) >= _MOST_ROWS or size >= _MOST_BYTES:
                break
    except ArchiveError as failure:
        return batch, failure
    return batch, None


def _understood(batch: list[Record], reader: Reader, taken: int, size: int, failure: ArchiveError | None) -> Chunk:
    rows: list[Row] = []
    rejects: list[Reject] = []
    moments: defaultdict[str, list[datetime]] = defaultdict(list)
    for line, raw, fields, reason in batch:
        if fields is None:
            rejects.append(Reject(line, reason, raw))
            continue
        try:
            value = reader.read(fields)
        except Rejected as error:
            rejects.append(Reject(line, str(error), raw))
            continue
        rows.append(Row(line, raw, value))
        about = reader.about(value)
        if about is not None:
            moments[about[0]].append(about[1])
    spans = {source: Span(len(all_of_it), min(all_of_it), max(all_of_it)) for source, all_of_it in moments.items()}
    last_line = batch[-1].line if batch else 0
    return Chunk(rows=rows, rejects=rejects, last_line=last_line, taken=taken, size=size, spans=spans, failure=failure)
