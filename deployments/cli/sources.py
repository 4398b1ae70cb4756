"""`insitechart sources`: how every source stands, and the person's part where one is silent. It never shows a secret.

Without a database it tells what the settings say, and that the rest is unknown.
"""

import asyncio
import json
import os
import pwd
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
import msgspec

from api.operations.views import source_view
from deployments.cli.console import table_console
from deployments.cli.sources_table import sources_table, spend_table
from lib.collect.standing import standings, standings_without_accounts
from lib.collect.verdicts import SourceStanding
from lib.db.asking.circuits import Circuit, close_circuits, open_circuits
from lib.db.asking.spend import DayOfSpend, spend_by_day
from lib.db.health import missing_migrations
from lib.db.pool import Pool, open_pool
from lib.errors import DatabaseError, MigrationError, PlatformError
from lib.platform import database_url
from lib.settings import Settings, load_settings
from lib.sources.declared import user_agent
from lib.sources.reachable import Reached, reach
from lib.sources.registry import declaration, declarations


@click.group(invoke_without_command=True)
@click.option("--check", is_flag=True, help="Ask each configured source whether it can be reached.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def sources(ctx: click.Context, check: bool, as_json: bool) -> None:
    """Show every source: configured, within budget, last heard, and what to do if not."""
    if ctx.invoked_subcommand is not None:
        return
    settings = load_settings()
    found, unknown = asyncio.run(_standings(settings))
    reached = asyncio.run(_reached(settings, found)) if check else None
    if as_json:
        items = [_as_json(standing, reached) for standing in found]
        click.echo(json.dumps({"items": items, "unknown": unknown}, indent=2, ensure_ascii=False))
        return
    table_console().print(sources_table(found, reached, datetime.now(UTC)))
    for standing in found:
        answer = (reached or {}).get(standing.name)
        if answer is not None and answer.reason:
            click.echo(f"{standing.name}: {answer}.")
        if standing.advice and standing.verdict != "unknown":
            click.echo(f"{standing.name}: {standing.advice}")
    if unknown:
        click.echo(f"What was asked, heard and spent is unknown: {unknown}")


@sources.command()
@click.argument("name")
def reset(name: str) -> None:
    """Have the source NAME asked again, which refused us. It closes its circuits; what caused them must be settled."""
    declaration(name)
    who = _who()
    closed = asyncio.run(_reset(load_settings(), name, who))
    if not closed:
        click.echo(f"No circuit of {name} is open: nothing keeps it from being asked.")
        return
    for circuit in closed:
        what = circuit.scope or "the whole source"
        click.echo(f"closed: {name}, {what}, refused since {circuit.opened_at:%Y-%m-%d %H:%M} UTC: {circuit.reason}")
    click.echo(f"Noted as closed by {who}. The next run asks again.")


@sources.command()
@click.option("--days", type=click.IntRange(1, 366), default=31, show_default=True, help="UTC days, today included.")
def spend(days: int) -> None:
    """Show day by day what the sources cost."""
    first = datetime.now(UTC).date() - timedelta(days=days - 1)
    rows = asyncio.run(_spend(load_settings(), first))
    if not rows:
        click.echo(f"Nothing was spent since {first}.")
        return
    table_console().print(spend_table(rows))


async def _standings(settings: Settings) -> tuple[list[SourceStanding], str]:
    """How the sources stand; and why the accounts are unknown, or an empty text."""
    declared = declarations()
    try:
        async with _database(settings) as pool:
            return await standings(pool, settings, declared), ""
    except (PlatformError, DatabaseError) as error:
        return standings_without_accounts(settings, declared), f"{error} {error.hint}".strip()


async def _reached(settings: Settings, found: Sequence[SourceStanding]) -> dict[str, Reached]:
    """Of the sources that are asked, those that say where: whether it answers."""
    addresses = {
        standing.name: declaration(standing.name).addresses(settings) for standing in found if standing.is_asked
    }
    asked = {name: there for name, there in addresses.items() if there}
    answers = await asyncio.gather(*(reach(there, user_agent(settings)) for there in asked.values()))
    return dict(zip(asked, answers, strict=True))


async def _reset(settings: Settings, name: str, who: str) -> list[Circuit]:
    async with _database(settings) as pool:
        closed = await open_circuits(pool, name)
        await close_circuits(pool, name, by=who)
        return closed


async def _spend(settings: Settings, first: date) -> list[DayOfSpend]:
    async with _database(settings) as pool:
        return await spend_by_day(pool, since=first)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Pool]:
    async with open_pool(database_url(settings), application="insitechart-sources", max_size=1) as pool:
        missing = await missing_migrations(pool)
        if missing:
            raise MigrationError(
                f"The schema is too old: {', '.join(missing)} missing.", hint="Run: insitechart migrate"
            )
        yield pool


def _as_json(standing: SourceStanding, reached: Mapping[str, Reached] | None) -> dict[str, Any]:
    """As the API tells it, and whether it was reached where that was asked."""
    told: dict[str, Any] = msgspec.to_builtins(source_view(standing))
    if reached is not None:
        answer = reached.get(standing.name)
        told["reachable"] = None if answer is None else answer.is_reachable
        told["reached"] = None if answer is None else str(answer)
    return told


def _who() -> str:
    """The user of the operating system who runs this, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
