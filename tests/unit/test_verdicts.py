"""One word for a source, and what a person can do: the first thing that holds decides, and calm is silent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lib.collect.verdicts import SourceStanding, SpendStanding, judged
from lib.db.asking.circuits import Circuit
from lib.db.source_reads import Overdue, StreamAccount
from lib.domain.coverage import State
from lib.domain.spend import Budget

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def account(state: State = "ok", *, minutes: int = 1, stream: str = "posts/a") -> StreamAccount:
    at = NOW - minutes * MINUTE
    answered = at if state in ("ok", "empty") else None
    return StreamAccount("reddit", stream, state, "So it is.", at - MINUTE, at, at, answered)


def circuit(scope: str = "") -> Circuit:
    return Circuit("reddit", scope, "", "Reddit answers 401.", "Renew the keys.", NOW - 60 * MINUTE)


def spent(*, today: str = "0", month: str = "0", posts: int = 0, budget: Budget | None = None) -> SpendStanding:
    budget = budget or Budget(day=Decimal(1), month=Decimal(10), units_month={"posts": 100})
    return SpendStanding(
        today=Decimal(today), month=Decimal(month), forecast=Decimal(0), budget=budget, units_month={"posts": posts}
    )


def standing(**facts: Any) -> SourceStanding:
    found = SourceStanding(name="reddit", title="Reddit", brings="posts", poll=MINUTE)
    replaced = {name: getattr(found, name) for name in found.__struct_fields__} | facts
    return judged(SourceStanding(**replaced), NOW)


# each also has every trouble of those below it
_TROUBLES: list[tuple[str, dict[str, Any]]] = [
    ("off", {"is_off": True}),
    ("not_configured", {"missing": ("INSITECHART_A", "INSITECHART_B")}),
    ("unknown", {"is_known": False}),
    ("denied", {"circuits": (circuit(),)}),
    ("over_budget", {"spend": spent(today="1")}),
    ("never_asked", {}),
]


@pytest.mark.parametrize("first", range(len(_TROUBLES)))
def test_the_first_trouble_decides(first: int) -> None:
    facts: dict[str, Any] = {}
    for _, trouble in _TROUBLES[first:]:
        facts |= trouble
    found = standing(**facts)
    assert found.verdict == _TROUBLES[first][0]
    assert found.advice


@pytest.mark.parametrize(
    ("accounts", "verdict"),
    [
        ([account(), account("empty")], "ok"),
        ([account(), account("rate_limited")], "partly"),
        ([account("denied"), account("unavailable")], "unheard"),
        ([account(minutes=63)], "ok"),
        ([account(minutes=64)], "stale"),
        ([account("unavailable", minutes=64), account(minutes=2)], "partly"),
    ],
)
def test_what_streams_say_adds_up(accounts: list[StreamAccount], verdict: str) -> None:
    assert standing(accounts=tuple(accounts)).verdict == verdict


def test_nothing_is_advised_where_there_is_nothing_to_do() -> None:
    found = standing(accounts=(account(),), spend=spent(today="0.99", month="9.99", posts=99))
    assert (found.verdict, found.advice) == ("ok", "")
    assert found.answered_at == NOW - MINUTE


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("rate_limited", "asked again by itself"),
        ("unavailable", "insitechart sources --check"),
        ("over_budget", "does not cover a question"),
    ],
)
def test_silence_is_explained_by_its_state(state: State, told: str) -> None:
    assert told in standing(accounts=(account(state),)).advice


def test_a_refused_stream_and_overdue_looks_are_told_beside_it() -> None:
    found = standing(
        accounts=(account(),), circuits=(circuit("posts/b"),), overdue=Overdue(1234, NOW - 90 * MINUTE)
    )  # fmt: skip
    assert found.verdict == "ok"
    assert "posts/b: Reddit answers 401. Then: insitechart sources reset reddit" in found.advice
    assert "1,234 posts were to be looked at again since 2026-03-02 12:30 UTC" in found.advice


def test_who_is_not_asked_owes_nothing() -> None:
    found = standing(is_off=True, circuits=(circuit("posts/b"),), overdue=Overdue(5, NOW))
    assert found.advice == "Take reddit out of INSITECHART_SOURCES_OFF to have it asked."


@pytest.mark.parametrize(
    ("spend", "span"),
    [
        (spent(today="0.99", month="9.99", posts=99), None),
        (spent(today="1"), "today"),
        (spent(today="1", month="10"), "this month"),
        (spent(posts=100), "this month"),
        (spent(today="1000", budget=Budget()), None),
        (spent(budget=Budget(day=Decimal(0))), "today"),
    ],
)
def test_a_budget_is_used_up_when_nothing_is_left(spend: SpendStanding, span: str | None) -> None:
    assert spend.used_up == span
