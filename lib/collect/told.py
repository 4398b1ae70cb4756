"""What a backfill would take and what became of it, as tables and sentences for people. It does not know where they
are read: a terminal prints them, a flow keeps them as an artifact.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from lib.collect.filled import Filled
from lib.collect.plans import Plan
from lib.collect.shards import sentences
from lib.db.gap_reads import Gap, GapState

Row: TypeAlias = dict[str, str | int | float]

_WORDS: dict[GapState, str] = {"filled": "filled", "lost": "lost", "open": "left open"}


def plan_rows(plan: Plan) -> list[Row]:
    """A row per question; what nobody can say is a question mark."""
    return [
        {
            "stream": shard.stream,
            "from": _moment(shard.start),
            "until": _moment(shard.end),
            "calls": _or_unknown(shard.calls),
            "items at most": _or_unknown(shard.items),
            "dollars": shard.dollars,
            "queued": "already" if shard.gap else "",
        }
        for shard in plan.shards
    ]


def plan_summary(plan: Plan) -> str:
    """What all of it takes, and what people must know about it."""
    if not plan.shards:
        return sentences("Nothing is missing that could be asked for.", *plan.notes)
    total = plan.total()
    calls = "an unknown number of calls" if total.calls is None else f"{total.calls:,} calls"
    items = "" if total.posts is None else f", {total.posts:,} items at most"
    costs = "free of charge" if total.dollars == "0" else f"{total.dollars} dollars"
    return sentences(f"{len(plan.shards):,} windows: {calls}{items}, {costs}.", *plan.notes)


def gap_rows(gaps: Sequence[Gap]) -> list[Row]:
    """A row per gap that is queued."""
    return [
        {
            "source": gap.source,
            "stream": gap.stream,
            "from": _moment(gap.window_start),
            "until": _moment(gap.window_end),
            "tries": gap.tries,
            "next try": _moment(gap.next_try_at),
            "note": gap.reason,
        }
        for gap in gaps
    ]


def filled_rows(results: Sequence[Filled]) -> list[Row]:
    """A row per gap that was tried."""
    return [
        {
            "source": result.gap.source,
            "stream": result.gap.stream,
            "from": _moment(result.gap.window_start),
            "until": _moment(result.gap.window_end),
            "state": result.state,
            "calls": result.asked,
            "received": result.received,
            "new": result.new,
            "changed": result.changed,
            "seconds": round(result.seconds, 2),
            "note": result.reason,
        }
        for result in results
    ]


def filled_summary(results: Sequence[Filled], gave_up: Sequence[str] = ()) -> str:
    """One sentence on what came, and those of `gave_up` on why asking ended early."""
    states = Counter(result.state for result in results)
    told = ", ".join(f"{states[state]} {word}" for state, word in _WORDS.items() if states[state])
    new = sum(result.new for result in results)
    line = f"{len(results)} gaps tried ({told}): {new:,} items new." if results else "No gap was due."
    return sentences(line, *(f"Gave up asking: {reason}" for reason in gave_up))


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _or_unknown(number: int | None) -> str | int:
    return "?" if number is None else number
