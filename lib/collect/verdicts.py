"""How one source stands: the facts, one word for them, and one sentence on what a person can do. It reads nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from lib.db.asking.circuits import Circuit
from lib.db.source_reads import Overdue, StreamAccount
from lib.domain.spend import Budget

Verdict = Literal[
    "ok", "partly", "unheard", "denied", "over_budget", "stale", "never_asked", "unknown", "not_configured", "off"
]

# by so much an account may be late: a run takes minutes, and the next one waits for it
_LATE = timedelta(hours=1)


class SpendStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars of today and this month (UTC), what the month will have cost, the limits, and units of this month."""

    today: Decimal
    month: Decimal
    forecast: Decimal
    budget: Budget
    units_month: Mapping[str, int]

    @property
    def used_up(self) -> str | None:
        """`this month` or `today` where nothing is left of its limit, else None."""
        units = self.budget.units_month
        if any(self.units_month.get(unit, 0) >= most for unit, most in units.items()):
            return "this month"
        if self.budget.month is not None and self.month >= self.budget.month:
            return "this month"
        return "today" if self.budget.day is not None and self.today >= self.budget.day else None


class SourceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One source. `missing` names what must be set, `poll` is how often it is asked (None: it stays open), `circuits`
    are those of the credential in use, `accounts` the newest of its streams, `spend` is None where it is and was free.

    `is_known` is False where its accounts could not be read; `judged` sets `verdict` and `advice`.
    """

    name: str
    title: str
    brings: str
    missing: tuple[str, ...] = ()
    is_off: bool = False
    poll: timedelta | None = None
    circuits: tuple[Circuit, ...] = ()
    spend: SpendStanding | None = None
    accounts: tuple[StreamAccount, ...] = ()
    overdue: Overdue = Overdue()
    is_known: bool = True
    verdict: Verdict = "unknown"
    advice: str = ""

    @property
    def is_asked(self) -> bool:
        """True where nothing in the settings keeps it from being asked."""
        return not self.is_off and not self.missing

    @property
    def last(self) -> StreamAccount | None:
        """The newest account of any stream."""
        return max(self.accounts, key=lambda account: account.observed_at, default=None)

    @property
    def answered_at(self) -> datetime | None:
        """When any stream last answered (UTC)."""
        return max((account.answered_at for account in self.accounts if account.answered_at), default=None)


def judged(standing: SourceStanding, now: datetime) -> SourceStanding:
    """The same with its verdict at `now` (UTC), and with advice where a person can do something."""
    verdict = _verdict(standing, now)
    sentences = [_advice(standing, verdict)]
    if standing.is_asked:
        sentences += [_of_circuit(standing.name, circuit) for circuit in standing.circuits if circuit.scope]
        sentences.append(_of_overdue(standing.overdue))
    return msgspec.structs.replace(standing, verdict=verdict, advice=" ".join(filter(None, sentences)))


def _verdict(standing: SourceStanding, now: datetime) -> Verdict:
    """The first that holds."""
    if standing.is_off:
        return "off"
    if standing.missing:
        return "not_configured"
    if not standing.is_known:
        return "unknown"
    if any(not circuit.scope for circuit in standing.circuits):
        return "denied"
    if standing.spend is not None and standing.spend.used_up:
        return "over_budget"
    if standing.last is None:
        return "never_asked"
    if standing.last.observed_at < now - 3 * (standing.poll or timedelta()) - _LATE:
        return "stale"
    answered = sum(account.is_answered for account in standing.accounts)
    if answered == len(standing.accounts):
        return "ok"
    return "partly" if answered else "unheard"


def _advice(standing: SourceStanding, verdict: Verdict) -> str:
    match verdict:
        case "off":
            return f"Take {standing.name} out of INSITECHART_SOURCES_OFF to have it asked."
        case "not_configured":
            return f"Set {' and '.join(standing.missing)}."
        case "unknown":
            return "Start the platform to see its accounts."
        case "denied":
            return _of_circuit(standing.name, next(circuit for circuit in standing.circuits if not circuit.scope))
        case "over_budget":
            span = standing.spend.used_up if standing.spend else ""
            return f"The budget of {span} is used up: wait, or raise it in the settings."
        case "never_asked":
            return "It was not asked yet. If that stays so: does the platform run (insitechart status)?"
        case "stale":
            return "It is not asked any more: does the platform run (insitechart status), and do its flows?"
        case "unheard":
            return _of_silence(standing)
        case "partly":
            unheard = [account for account in standing.accounts if not account.is_answered]
            return f"{len(unheard)} of {len(standing.accounts)} streams are not heard, such as {unheard[0].stream}."
        case "ok":
            return ""


def _of_silence(standing: SourceStanding) -> str:
    assert standing.last is not None
    match standing.last.state:
        case "rate_limited":
            return "It is asked again by itself. If that goes on, ask it for less."
        case "over_budget":
            return "What is left of the budget does not cover a question: wait, or raise it in the settings."
    return "It is asked again by itself. If that goes on: insitechart sources --check tells whether it can be reached."


def _of_circuit(name: str, circuit: Circuit) -> str:
    what = f"{circuit.scope}: {circuit.reason}" if circuit.scope else circuit.hint or circuit.reason
    return f"{what} Then: insitechart sources reset {name}"


def _of_overdue(overdue: Overdue) -> str:
    if not overdue.posts or overdue.since is None:
        return ""
    since = f"{overdue.since:%Y-%m-%d %H:%M} UTC"
    return f"{overdue.posts:,} posts were to be looked at again since {since}: do the runs of forget-deleted succeed?"
