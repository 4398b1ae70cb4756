"""Sources as tables for a terminal: one line each. It does not know where their standing comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from lib.collect.verdicts import SourceStanding, SpendStanding, Verdict
from lib.db.asking.spend import DayOfSpend
from lib.domain.spend import digits
from lib.sources.reachable import Reached

_WORDS: dict[Verdict, tuple[str, str]] = {
    "ok": ("heard", "green"),
    "partly": ("partly heard", "yellow"),
    "unheard": ("not heard", "yellow"),
    "denied": ("refused", "red"),
    "over_budget": ("budget used up", "red"),
    "stale": ("not asked lately", "yellow"),
    "never_asked": ("not asked yet", "yellow"),
    "unknown": ("unknown", "dim"),
    "not_configured": ("not configured", "dim"),
    "off": ("off", "dim"),
}

_YES = {True: "yes", False: "no"}

_SPANS = ((timedelta(days=2), timedelta(days=1), "d"), (timedelta(hours=2), timedelta(hours=1), "h"),
          (timedelta(minutes=2), timedelta(minutes=1), "min"))  # fmt: skip


def sources_table(found: Sequence[SourceStanding], reached: Mapping[str, Reached] | None, now: datetime) -> Table:
    """How each source stands at `now` (UTC); whether it was reached only where that was asked."""
    titles = ["source", "state", "streams", "last heard", "today", "month", "forecast"]
    table = _table(*titles, *(["reachable"] if reached is not None else []))
    for standing in found:
        word, colour = _WORDS[standing.verdict]
        cells = [Text(standing.name), Text(word, style=colour), *_heard(standing, now), *_spent(standing.spend)]
        if reached is not None:
            answer = reached.get(standing.name)
            cells.append(Text("–" if answer is None else _YES[answer.is_reachable]))
        table.add_row(*cells)
    return table


def spend_table(rows: Sequence[DayOfSpend]) -> Table:
    """What was spent, the latest day first."""
    table = _table("day", "source", "unit", "units", "calls", "dollars")
    for row in sorted(rows, key=lambda row: row.day, reverse=True):
        table.add_row(str(row.day), row.source, row.unit, f"{row.units:,}", f"{row.calls:,}", f"${digits(row.dollars)}")
    return table


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now` that was.

    >>> from datetime import UTC
    >>> ago(datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 15, 30, tzinfo=UTC))
    '3 h ago'
    """
    passed = max(now - moment, timedelta())
    for least, unit, word in _SPANS:
        if passed >= least:
            return f"{passed // unit} {word} ago"
    return f"{passed.seconds} s ago"


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, no_wrap=title not in ("today", "month"))
    return table


def _heard(standing: SourceStanding, now: datetime) -> list[Text]:
    if not standing.accounts:
        return [Text("–"), Text("–")]
    answered = sum(account.is_answered for account in standing.accounts)
    last = ago(standing.answered_at, now) if standing.answered_at else "never"
    return [Text(f"{answered} of {len(standing.accounts)}"), Text(last)]


def _spent(spend: SpendStanding | None) -> list[Text]:
    if spend is None:
        return [Text("–")] * 3
    return [
        Text(_of(spend.today, spend.budget.day)),
        Text(_of(spend.month, spend.budget.month)),
        Text(f"${digits(spend.forecast)}"),
    ]


def _of(spent: Decimal, limit: Decimal | None) -> str:
    return f"${digits(spent)}" if limit is None else f"${digits(spent)} of ${digits(limit)}"
