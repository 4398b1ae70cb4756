"""Gathers how each source stands, for the API, the metrics and the terminal, from the settings and the tables.

What to make of it is lib/collect/verdicts.py. Nothing here asks a source, and no credential leaves it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from lib.collect.verdicts import SourceStanding, SpendStanding, judged
from lib.db.asking.circuits import Circuit, open_circuits
from lib.db.asking.spend import DayOfSpend, spend_by_day
from lib.db.pool import Pool
from lib.db.source_reads import StreamAccount, newest_accounts, overdue_posts
from lib.domain.spend import month_forecast
from lib.settings import Settings
from lib.sources.declared import Declaration, fingerprint

# a stream of which the source's last week tells nothing is not asked any more: a subreddit taken out, a symbol dropped
_ASKED = timedelta(days=7)

# what the forecast looks back upon
_LOOKING_BACK = timedelta(days=7)


async def standings(pool: Pool, settings: Settings, declared: Sequence[Declaration]) -> list[SourceStanding]:
    """Every source of `declared`, in that order. Raises DatabaseUnavailable."""
    names = [source.name for source in declared]
    now = datetime.now(UTC)
    accounts: defaultdict[str, list[StreamAccount]] = defaultdict(list)
    for account in await newest_accounts(pool, names):
        accounts[account.source].append(account)
    circuits = await open_circuits(pool)
    spend = await spend_by_day(pool, since=looking_back(now.date()))
    overdue = await overdue_posts(pool, names)
    return [
        judged(
            msgspec.structs.replace(
                _of_settings(source, settings),
                circuits=tuple(_of_this_credential(circuits, source, settings)),
                spend=spend_standing(source, settings, spend, now.date()),
                accounts=_still_asked(accounts[source.name]),
                overdue=overdue[source.name],
            ),
            now,
        )
        for source in declared
    ]


def standings_without_accounts(settings: Settings, declared: Sequence[Declaration]) -> list[SourceStanding]:
    """The same where there is no database to ask: what the settings say, and nothing else."""
    now = datetime.now(UTC)
    return [judged(msgspec.structs.replace(_of_settings(source, settings), is_known=False), now) for source in declared]


def looking_back(today: date) -> date:
    """The first day of spending that `spend_standing` needs."""
    return min(today.replace(day=1), today - _LOOKING_BACK)


def spend_standing(
    source: Declaration, settings: Settings, spend: Iterable[DayOfSpend], today: date
) -> SpendStanding | None:
    """What the rows of this source add up to; None where it is free and was never paid for."""
    rows = [row for row in spend if row.source == source.name]
    if not rows and not source.prices(settings):
        return None
    by_day: defaultdict[date, Decimal] = defaultdict(Decimal)
    units: defaultdict[str, int] = defaultdict(int)
    first = today.replace(day=1)
    for row in rows:
        by_day[row.day] += row.dollars
        units[row.unit] += row.units if row.day >= first else 0
    return SpendStanding(
        today=by_day.get(today, Decimal(0)),
        month=sum((dollars for day, dollars in by_day.items() if day >= first), Decimal(0)),
        forecast=month_forecast(by_day, today),
        budget=source.budget(settings),
        units_month=units,
    )


def _of_settings(source: Declaration, settings: Settings) -> SourceStanding:
    return SourceStanding(
        name=source.name,
        title=source.title,
        brings=source.brings,
        missing=tuple(source.missing(settings)),
        is_off=source.name in settings.sources_off,
        poll=source.poll,
    )


def _of_this_credential(circuits: Iterable[Circuit], source: Declaration, settings: Settings) -> Iterable[Circuit]:
    # those of another credential keep nobody from asking with this one
    mine = fingerprint(source.credential(settings))
    return (circuit for circuit in circuits if circuit.source == source.name and circuit.credential == mine)


def _still_asked(accounts: Sequence[StreamAccount]) -> tuple[StreamAccount, ...]:
    newest = max((account.observed_at for account in accounts), default=None)
    return tuple(account for account in accounts if newest and account.observed_at > newest - _ASKED)
