"""Collects bars, dividends and splits from Yahoo as a flow. It does not know how they are asked for or kept.

A source that cannot be reached is no failure of the run: the run completes, and its artifact says in one line what was
not heard. What the database refuses is.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.collect.bars import Outcome, collect
from lib.collect.gate import Gate
from lib.collect.opening import open_source, why_not
from lib.db.pool import Pool
from lib.domain.bars import Interval
from lib.domain.symbols import parse_symbol
from lib.errors import ConfigurationError
from lib.settings import load_settings
from lib.sources.bars import BarSource
from lib.sources.registry import declaration

_SOURCE = "yahoo"
_BATCH = 50


def _run_name() -> str:
    asked: dict[str, Any] = flow_run.parameters
    symbols = asked.get("symbols")
    whose = "the watchlist" if symbols is None else ", ".join(symbols[:3]) + (" …" if len(symbols) > 3 else "")
    return f"collect {asked.get('interval')} bars of {whose}"


@task(task_run_name="{interval} bars, {name}", cache_policy=NO_CACHE)
async def collect_batch(
    name: str, pool: Pool, source: BarSource, symbols: list[str], interval: Interval, gate: Gate, days: int | None
) -> list[Outcome]:
    """Asks for one batch. `name` is for the people who read the run."""
    return await collect(pool, source, symbols, interval, gate=gate, days=days)


@flow(name="collect-bars", flow_run_name=_run_name)
async def collect_bars(
    symbols: list[str] | None = None, interval: Interval = "1d", days: int | None = None
) -> dict[str, int]:
    """Bars of `symbols` (default: INSITECHART_WATCHLIST) from the last stored one on, or of the last `days`.

    Returns how many bars are new, changed and unchanged, and how many symbols ended in which state. Raises
    ConfigurationError for what cannot be a symbol, PlatformError or DatabaseUnavailable without a database. Nothing is
    asked where the source is switched off.
    """
    settings = load_settings()
    wanted = _parsed(settings.watchlist if symbols is None else symbols)
    if days is not None and days < 1:
        raise ConfigurationError(f"days is {days}: it must be 1 or more.", hint="Leave it out to ask for what is new.")
    off = why_not(declaration(_SOURCE), settings)
    if off is not None:
        get_run_logger().info(off)
        return {"new": 0, "changed": 0, "unchanged": 0}
    outcomes: list[Outcome] = []
    async with database("insitechart-collect-bars") as pool, open_source(pool, settings, _SOURCE) as opened:
        yahoo, gate = opened.source, opened.gate
        assert isinstance(yahoo, BarSource)
        for first in range(0, len(wanted), _BATCH):
            batch = wanted[first : first + _BATCH]
            name = f"{first + 1} to {first + len(batch)} of {len(wanted)} symbols"
            outcomes += await collect_batch(name, pool, yahoo, batch, interval, gate, days)
    sentence = summary(outcomes, gate)
    get_run_logger().info(sentence)
    await table_artifact(
        key=f"collect-bars-{interval}", rows=[_row(outcome) for outcome in outcomes], description=sentence
    )
    return {
        "new": sum(outcome.bars.new for outcome in outcomes),
        "changed": sum(outcome.bars.changed for outcome in outcomes),
        "unchanged": sum(outcome.bars.unchanged for outcome in outcomes),
        **Counter(outcome.state for outcome in outcomes),
    }


def summary(outcomes: list[Outcome], gate: Gate) -> str:
    """One sentence on what came, and, where asking was given up, one on why."""
    states = Counter(outcome.state for outcome in outcomes)
    told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in states.most_common())
    new, changed = sum(o.bars.new for o in outcomes), sum(o.bars.changed for o in outcomes)
    line = f"{len(outcomes)} symbols ({told or 'none to ask for'}): {new} bars new, {changed} corrected."
    return line if gate.reason is None else f"{line} Gave up asking: {gate.reason}"


def _parsed(symbols: list[str] | tuple[str, ...]) -> list[str]:
    try:
        return list(dict.fromkeys(parse_symbol(symbol) for symbol in symbols))
    except ValueError as error:
        raise ConfigurationError(
            f"Cannot collect: {error}.", hint="Nothing was asked for; correct the symbol."
        ) from None


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "symbol": outcome.symbol,
        "from": _minute(outcome.start),
        "until": _minute(outcome.end),
        "state": outcome.state,
        "new": outcome.bars.new,
        "changed": outcome.bars.changed,
        "unchanged": outcome.bars.unchanged,
        "actions": outcome.actions.new + outcome.actions.changed,
        "seconds": round(outcome.seconds, 2),
        "note": outcome.reason,
    }


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
