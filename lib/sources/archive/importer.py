"""Imports one file: chunk after chunk, each with its cursor in one transaction, so that a killed import goes on where
it was.

It does not know how progress is shown, nor what a run is. A file that was imported before is read again from its
beginning, which changes no row unless the rows were changed since.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec

from lib.db.cursors import read_cursor, save_cursor
from lib.db.ingest.archive import begin_import, commit_lazily, end_import
from lib.db.pool import Connection, Pool
from lib.sources.archive.accounts import Progress, Span, Summary, Tally
from lib.sources.archive.chunks import Chunk, read_chunks
from lib.sources.archive.files import file_digest
from lib.sources.archive.kinds import Reader, reader_of
from lib.sources.archive.options import ImportOptions
from lib.sources.archive.rejects import RejectsFile

_CURSORS = "archive"


async def import_file(
    pool: Pool,
    file: Path,
    options: ImportOptions,
    *,
    rejects: Path,
    keep_rejects: int = 0,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Summary:
    """Imports `file`; lines that cannot be imported go to the file `rejects`, whose first `keep_rejects` bytes stay.

    Raises ConfigurationError for options that cannot be meant, and ArchiveError where the file cannot be read, or not
    to its end; what came before is imported then.
    """
    options.check()
    began = time.monotonic()
    stream = options.stream(await asyncio.to_thread(file_digest, file))
    reader = reader_of(options.kind, options.zone(), options.source, options.interval)
    async with pool.acquire() as conn:
        await begin_import(conn, stream)
        position = await _position(conn, stream, rejects)
        size = keep_rejects if position is None or position.done else position.rejects_size
        with RejectsFile(rejects, file.name, size) as rejects_file:
            run = _Run(conn, stream, reader, position, rejects_file)
            async with aclosing(_chunks(file, options, reader)) as chunks:
                async for chunk in chunks:
                    await run.take(chunk)
                    on_progress(run.progress(file, chunk, time.monotonic() - began))
                    if chunk.failure is not None:
                        raise chunk.failure
            await run.finish()
        await end_import(conn, stream)
    return run.summary(file, options, time.monotonic() - began)


class _Position(msgspec.Struct, frozen=True, kw_only=True):
    """An import's cursor. A `rejects_size` belongs to the rejects file of that name only."""

    tally: Tally
    rejects: str
    rejects_size: int
    done: bool


async def _position(conn: Connection, stream: str, rejects: Path) -> _Position | None:
    """The cursor to go by. Where rejected lines of an unfinished import are no longer to be found, it starts over."""
    saved = await read_cursor(conn, _CURSORS, stream)
    if saved is None:
        return None
    position = msgspec.convert(saved, _Position)
    usable = position.done or (position.rejects == str(rejects) and _size(rejects) >= position.rejects_size)
    return position if usable else None


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


async def _chunks(file: Path, options: ImportOptions, reader: Reader) -> AsyncGenerator[Chunk, None]:
    """The file's chunks; the next one is read in a thread while the caller stores this one."""
    chunks = read_chunks(file, options.kind, options.mapping, reader)
    ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
    try:
        while (chunk := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            yield chunk
    finally:
        # a generator that runs in a thread cannot be closed before it has come to rest
        await asyncio.wait([ahead])
        if not ahead.cancelled():
            ahead.exception()
        chunks.close()


class _Run:
    """One run over one file: where it goes on, what it has done so far."""

    def __init__(
        self, conn: Connection, stream: str, reader: Reader, position: _Position | None, rejects: RejectsFile
    ) -> None:
        self._conn = conn
        self._stream = stream
        self._reader = reader
        self._rejects = rejects
        self._again = position is not None and position.done
        self._tally = Tally() if position is None or position.done else position.tally
        self._resumed_at = self._tally.line
        self._already = self._tally.read
        self._spans: dict[str, Span] = {}

    async def take(self, chunk: Chunk) -> None:
        """Stores what no earlier run has stored, and the cursor with it; of the rest it only remembers that it came."""
        done = [row for row in chunk.rows if row.line <= self._resumed_at]
        rows = [row for row in chunk.rows if row.line > self._resumed_at]
        fresh = [reject for reject in chunk.rejects if reject.line > self._resumed_at]
        async with self._conn.transaction():
            if not self._again:
                # finish() commits the last of them for good; what is read again ends without a commit of its own
                await commit_lazily(self._conn)
            if done:
                await self._reader.store(self._conn, done, replay=True)
            if rows or fresh:
                stored = await self._reader.store(self._conn, rows, replay=False)
                refused = sorted([*fresh, *stored.rejects])
                self._rejects.write(refused)
                self._tally.line = chunk.last_line
                self._tally.read += len(rows) + len(fresh)
                self._tally.new += stored.written.new
                self._tally.changed += stored.written.changed
                self._tally.unchanged += stored.written.unchanged
                self._tally.rejected += len(refused)
                self._tally.listed += stored.listed
                await self._save(done=False)
        for source, span in chunk.spans.items():
            self._spans[source] = self._spans[source].joined(span) if source in self._spans else span

    async def finish(self) -> None:
        """Records that the file was read to its end, and makes all of the import durable."""
        async with self._conn.transaction():
            await self._save(done=True)

    async def _save(self, *, done: bool) -> None:
        # a file that is read again keeps the cursor of its first import: nothing at all changes then
        if not self._again:
            position = _Position(
                tally=self._tally, rejects=str(self._rejects.path), rejects_size=self._rejects.size, done=done
            )
            await save_cursor(self._conn, _CURSORS, self._stream, msgspec.to_builtins(position))

    def progress(self, file: Path, chunk: Chunk, seconds: float) -> Progress:
        """How far this run is, `seconds` after it began."""
        return Progress(
            file=file.name,
            taken=chunk.taken,
            size=chunk.size,
            read=self._tally.read,
            rejected=self._tally.rejected,
            rows_per_s=(self._tally.read - self._already) / seconds,
            seconds=seconds,
        )

    def summary(self, file: Path, options: ImportOptions, seconds: float) -> Summary:
        """What became of the file, `seconds` after this run began."""
        tally = self._tally
        return Summary(
            file=file.name,
            kind=options.kind,
            read=tally.read,
            new=tally.new,
            changed=tally.changed,
            unchanged=tally.unchanged,
            rejected=tally.rejected,
            rejects=self._rejects.path if tally.rejected else None,
            listed=tally.listed,
            resumed_at=self._resumed_at,
            again=self._again,
            seconds=seconds,
            rows_per_s=(tally.read - self._already) / seconds,
            spans=self._spans,
        )
