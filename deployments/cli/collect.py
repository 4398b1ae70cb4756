"""`insitechart collect`: asks the sources now, without Prefect. It does not know how a source is asked.

The same code that the flows run, for a first try, a terminal, or a scheduler of your own.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import click

from lib.collect.bars import Outcome, collect
from lib.collect.opening import configured, open_source
from lib.collect.posts import PostsOutcome
from lib.collect.rounds import OnStored, collect_round, collect_until
from lib.collect.verification import Sweep, sweep
from lib.db.pool import Pool, open_pool
from lib.db.scoring import Readers, score_batch
from lib.domain.bars import INTERVALS, Interval
from lib.domain.symbols import parse_symbol
from lib.errors import ConfigurationError
from lib.platform import database_url
from lib.settings import Settings, load_settings
from lib.sources.bars import BarSource

_CONNECTIONS = 40
_AT_ONCE = 500

ELSEWHERE = "another process reads it at the moment, so it was not asked."


@click.group("collect")
def collect_() -> None:
    """Ask the sources now for what is new."""


@collect_.command()
@click.argument("sources", nargs=-1)
@click.option("--minutes", type=click.FloatRange(min=0), default=0, help="Go on for so long; 0 asks each stream once.")
@click.option("--score/--no-score", default=True, show_default=True, help="Score what comes at once.")
def posts(sources: tuple[str, ...], minutes: float, score: bool) -> None:
    """Posts and news from SOURCES, or from every source that is configured.

    What a source refuses is told and is no failure; asking again later catches up.
    """
    settings = load_settings()
    names = sources or tuple(declared.name for declared in configured(settings))
    deadline = datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None
    asyncio.run(_posts(settings, names, deadline, score=score))


@collect_.command()
@click.argument("symbols", nargs=-1)
@click.option("--interval", type=click.Choice(INTERVALS), default="1d", show_default=True)
@click.option("--days", type=click.IntRange(min=1), help="Ask for that many days, whatever is stored.")
def bars(symbols: tuple[str, ...], interval: Interval, days: int | None) -> None:
    """Bars of SYMBOLS, or of the watchlist, from the last stored one on."""
    settings = load_settings()
    try:
        wanted = [parse_symbol(symbol) for symbol in symbols or settings.watchlist]
    except ValueError as error:
        raise ConfigurationError(f"Cannot collect: {error}.") from None
    asyncio.run(_bars(settings, wanted, interval, days))


@collect_.command()
@click.argument("sources", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Look at every post that is watched, due or not.")
def deleted(sources: tuple[str, ...], everything: bool) -> None:
    """Look again at posts whose deletions must be followed, and forget those that are gone."""
    settings = load_settings()
    duty = tuple(declared.name for declared in configured(settings) if declared.verify_within is not None)
    asyncio.run(_deleted(settings, sources or duty, everything=everything))


async def _deleted(settings: Settings, names: tuple[str, ...], *, everything: bool) -> None:
    async with open_pool(database_url(settings), application="insitechart-collect") as pool:
        for name in dict.fromkeys(names):
            async with open_source(pool, settings, name) as opened:
                click.echo(_told_sweep(await sweep(pool, opened, everything=everything)))


async def _posts(settings: Settings, names: tuple[str, ...], deadline: datetime | None, *, score: bool) -> None:
    url = database_url(settings)
    async with open_pool(url, application="insitechart-collect", max_size=_CONNECTIONS) as pool:
        readers = Readers(settings.scorers)

        async def as_it_comes() -> None:
            await score_batch(pool, await readers.current(pool), limit=_AT_ONCE, newest=True)

        async with asyncio.TaskGroup() as group:
            for name in dict.fromkeys(names):
                group.create_task(_source(pool, settings, name, deadline, as_it_comes if score else None))


async def _source(
    pool: Pool, settings: Settings, name: str, deadline: datetime | None, on_stored: OnStored | None
) -> None:
    def tell(outcomes: list[PostsOutcome]) -> None:
        for outcome in outcomes:
            click.echo(f"{name}: {_told(outcome)}")

    async with open_source(pool, settings, name) as opened:
        streams = opened.source.streams()
        if deadline is None:
            outcomes = await collect_round(pool, opened, streams, on_stored=on_stored)
            tell(outcomes)
            for stream in sorted({*streams} - {outcome.stream for outcome in outcomes}):
                click.echo(f"{name}: {stream}: {ELSEWHERE}")
        else:
            await collect_until(pool, opened, streams, deadline, on_stored=on_stored, on_outcomes=tell)


async def _bars(settings: Settings, symbols: list[str], interval: Interval, days: int | None) -> None:
    async with (
        open_pool(database_url(settings), application="insitechart-collect") as pool,
        open_source(pool, settings, "yahoo") as opened,
    ):
        if not isinstance(opened.source, BarSource):
            raise ConfigurationError("yahoo brings no bars.")
        for outcome in await collect(pool, opened.source, symbols, interval, gate=opened.gate, days=days):
            click.echo(_told_bars(outcome))


def _told(outcome: PostsOutcome) -> str:
    counts = f"{outcome.new} new, {outcome.changed} changed, {outcome.forgotten} gone"
    return f"{outcome.stream}: {outcome.state.replace('_', ' ')}, {counts}. {outcome.reason}".rstrip()


def _told_sweep(done: Sweep) -> str:
    counts = f"{done.looked_at} looked at, {done.gone} gone, {done.edited} edited, {done.overdue} overdue"
    return f"{done.source}: {counts}. {done.reason}".rstrip()


def _told_bars(outcome: Outcome) -> str:
    counts = f"{outcome.bars.new} bars new, {outcome.bars.changed} corrected"
    return f"{outcome.symbol}: {outcome.state.replace('_', ' ')}, {counts}. {outcome.reason}".rstrip()
