"""`insitechart import`: files into the running platform's database. It does not know how a file is read."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from deployments.cli.progress import shown_progress
from lib.db.pool import Pool, open_pool
from lib.domain.bars import INTERVALS, Interval
from lib.errors import ArchiveError
from lib.platform import database_url
from lib.settings import load_settings
from lib.sources.archive.accounts import Summary
from lib.sources.archive.columns import FIELDS, Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from lib.sources.archive.rejects import default_rejects

_Command = Callable[..., Any]


@click.group("import")
def import_() -> None:
    """Import posts, bars, symbols or changes of symbols from files.

    Files are .jsonl or .csv in UTF-8, plain, .gz or .zst. An import that was killed goes on where it was when it is
    called again; a file that was imported before is read again and changes nothing.
    """


def _options(command: _Command) -> _Command:
    for option in (
        click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path)),
        click.option("--timezone", metavar="ZONE", help="Zone of times that carry none: US/Eastern, Asia/Seoul, …"),
        click.option("--map", "mapping", multiple=True, metavar="THEIRS=OURS", help="Read column THEIRS as our OURS."),
        click.option("--rejects", type=click.Path(path_type=Path), help="Where lines that cannot be imported go."),
    ):
        command = option(command)
    return command


_source = click.option("--source", metavar="NAME", help="Source of all rows.")


@import_.command()
@_options
@_source
def posts(**options: Any) -> None:
    """Import posts; they wait for the next scoring."""
    _run("posts", **options)


@import_.command()
@_options
@_source
@click.option("--interval", type=click.Choice(INTERVALS), help="Interval of bars that name none.")
def bars(**options: Any) -> None:
    """Import bars; what differs from known ones is kept beside them as a correction."""
    _run("bars", **options)


@import_.command()
@_options
def symbols(**options: Any) -> None:
    """Import listings; what is known already is refined, never erased."""
    _run("symbols", **options)


@import_.command()
@_options
def renames(**options: Any) -> None:
    """Import changes of symbols: old, new, and the first day of the new one."""
    _run("renames", **options)


def _run(
    kind: Kind,
    files: tuple[Path, ...],
    timezone: str | None,
    mapping: tuple[str, ...],
    rejects: Path | None,
    source: str | None = None,
    interval: Interval | None = None,
) -> None:
    options = ImportOptions(
        kind=kind, timezone=timezone, mapping=_pairs(kind, mapping), source=source, interval=interval
    )
    options.check()
    failed = asyncio.run(_import(files, options, rejects))
    if failed:
        raise click.exceptions.Exit(1)


def _pairs(kind: Kind, mapping: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for pair in mapping:
        theirs, equals, ours = pair.rpartition("=")
        if not equals or not theirs.strip():
            raise click.BadParameter(
                f"{pair!r} is not THEIRS=OURS, where OURS is one of {', '.join(FIELDS[kind])}", param_hint="--map"
            )
        pairs[theirs.strip()] = ours.strip()
    return pairs


async def _import(files: tuple[Path, ...], options: ImportOptions, rejects: Path | None) -> int:
    """Imports each file that can be read; returns how many could not."""
    failed = 0
    async with open_pool(database_url(load_settings()), application="insitechart-import") as pool:
        for position, file in enumerate(files):
            try:
                click.echo(describe(await _one(pool, file, options, rejects, first=position == 0)))
            except ArchiveError as error:
                failed += 1
                click.echo(f"{click.style('error: ', fg='red')}{error}\n  {error.hint}", err=True)
    return failed


async def _one(pool: Pool, file: Path, options: ImportOptions, rejects: Path | None, *, first: bool) -> Summary:
    place = (rejects or default_rejects(load_settings().home, file)).absolute()
    # one file named for all: each archive's rejects follow those of the one before
    keep = place.stat().st_size if rejects is not None and not first and place.exists() else 0
    with shown_progress(file.name) as show:
        return await import_file(pool, file, options, rejects=place, keep_rejects=keep, on_progress=show)


def describe(summary: Summary) -> str:
    """A summary for a person: one line, and one more for each thing out of the ordinary."""
    s = summary
    lines = [
        f"{s.file}: {s.read:,} rows read, {s.new:,} new, {s.changed:,} changed, {s.unchanged:,} unchanged, "
        f"{s.rejected:,} rejected; {s.seconds:.1f} s, {s.rows_per_s:,.0f} rows/s"
    ]
    if s.again:
        lines.append(f"  already imported; read again, {s.changed:,} changed")
    if s.resumed_at:
        lines.append(f"  went on after line {s.resumed_at:,}, where an earlier run had ended")
    if s.listed:
        lines.append(f"  {s.listed:,} symbols had no listing and got a bare one, named as the symbol")
    if s.rejects is not None:
        lines.append(f"  rejected lines and why: {s.rejects}")
    return "\n".join(lines)
