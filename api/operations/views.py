"""From standings and rows to what /operations answers. No credential passes here, not even its fingerprint."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec

from api.operations.schemas import (
    AccountItem,
    CircuitItem,
    CursorItem,
    GapItem,
    SourceItem,
    SpendDay,
    SpendSummary,
    StreamItem,
    UnitsItem,
)
from lib.collect.verdicts import SourceStanding, SpendStanding
from lib.db.account_reads import Account
from lib.db.asking.circuits import Circuit
from lib.db.asking.spend import DayOfSpend
from lib.db.cursor_reads import CursorRow
from lib.db.gap_reads import Gap
from lib.db.source_reads import StreamAccount
from lib.domain.spend import digits

# bars have a stream per symbol and interval
_MOST_STREAMS = 100


def source_view(standing: SourceStanding) -> SourceItem:
    """One source."""
    return SourceItem(
        name=standing.name,
        title=standing.title,
        brings=standing.brings,
        standing=standing.verdict,
        what_to_do=standing.advice,
        configured=not standing.missing,
        missing=list(standing.missing),
        off=standing.is_off,
        circuits=[_circuit(circuit) for circuit in standing.circuits],
        spend=spend_view(standing.name, standing.spend) if standing.spend else None,
        answered_at=standing.answered_at,
        last=_stream(standing.last) if standing.last else None,
        streams=[_stream(account) for account in _first(standing.accounts)],
        streams_count=len(standing.accounts),
        overdue=standing.overdue.posts,
        overdue_since=standing.overdue.since,
    )


def spend_view(source: str, spend: SpendStanding) -> SpendSummary:
    """What one source costs."""
    units = {**dict.fromkeys(spend.budget.units_month, 0), **spend.units_month}
    return SpendSummary(
        source=source,
        today=digits(spend.today),
        month=digits(spend.month),
        forecast=digits(spend.forecast),
        budget_day=None if spend.budget.day is None else digits(spend.budget.day),
        budget_month=None if spend.budget.month is None else digits(spend.budget.month),
        used_up=cast("Literal['today', 'this month'] | None", spend.used_up),
        units=[
            UnitsItem(unit=unit, month=month, limit=spend.budget.units_month.get(unit))
            for unit, month in sorted(units.items())
        ],
    )


def spend_day_view(day: DayOfSpend) -> SpendDay:
    """One day of one source and unit."""
    return SpendDay(**day._asdict() | {"dollars": digits(day.dollars)})


def account_view(account: Account) -> AccountItem:
    """One account."""
    return AccountItem(
        source=account.source,
        stream=account.stream,
        start=account.window_start,
        end=account.window_end,
        state=account.state,
        reason=account.reason,
        asked=account.asked,
        received=account.received,
        observed_at=account.observed_at,
    )


def cursor_view(row: CursorRow) -> CursorItem:
    """How far one reader got."""
    position = msgspec.json.decode(row.position, type=dict[str, Any])
    return CursorItem(source=row.source, stream=row.stream, position=position, updated_at=row.updated_at)


def gap_view(gap: Gap) -> GapItem:
    """One gap."""
    return GapItem(
        source=gap.source,
        stream=gap.stream,
        start=gap.window_start,
        end=gap.window_end,
        state=gap.state,
        origin=gap.origin,
        reason=gap.reason,
        tries=gap.tries,
        next_try_at=gap.next_try_at if gap.state == "open" else None,
        found_at=gap.found_at,
        closed_at=gap.closed_at,
        closing=gap.closing,
    )


def _circuit(circuit: Circuit) -> CircuitItem:
    return CircuitItem(
        stream=circuit.scope or None,
        opened_at=circuit.opened_at,
        reason=circuit.reason,
        what_to_do=f"{circuit.hint} Then: insitechart sources reset {circuit.source}".strip(),
    )


def _stream(account: StreamAccount) -> StreamItem:
    return StreamItem(
        stream=account.stream,
        state=account.state,
        reason=account.reason,
        start=account.window_start,
        end=account.window_end,
        observed_at=account.observed_at,
        answered_at=account.answered_at,
    )


def _first(accounts: Sequence[StreamAccount]) -> list[StreamAccount]:
    return sorted(accounts, key=lambda account: (account.is_answered, account.stream))[:_MOST_STREAMS]
