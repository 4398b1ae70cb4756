"""Shows how every source stands, as tables in Prefect: heard or not, spent of what budget, how far, what is missing;
and how much of the history each scorer has scored.

It asks no source and judges nothing: lib/collect/standing.py does. The API answers the same under /operations.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.collect.standing import standings
from lib.collect.verdicts import SourceStanding
from lib.db.cursor_reads import CursorRow, cursors_of
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool
from lib.db.scoring.shares import scored_shares
from lib.domain.spend import digits
from lib.settings import Settings, load_settings
from lib.sources.registry import declarations

# more would be a table that nobody reads; the API has all of them, page by page
_MOST_ROWS = 500

# what was edited meanwhile may lack a score for a moment
_WHOLE = 0.98


@task(task_run_name="read the accounts", cache_policy=NO_CACHE, retries=1)
async def read_accounts(pool: Pool, settings: Settings) -> list[SourceStanding]:
    """How every source stands now."""
    return await standings(pool, settings, declarations())


@flow(name="report", flow_run_name="report how the sources stand")
async def report() -> dict[str, str]:
    """Records the tables sources, coverage, spend, cursors, gaps and scorers. Returns the verdict on each source."""
    settings = load_settings()
    async with database("insitechart-report") as pool:
        found = await read_accounts(pool, settings)
        cursors = (await cursors_of(pool, limit=_MOST_ROWS)).cursors
        gaps = (await open_gaps(pool))[:_MOST_ROWS]
        shares = await scored_shares(pool, settings.scorers)
    sentence = " ".join([summary(found), *rescoring_advice(shares)])
    get_run_logger().info(sentence)
    tables: dict[str, tuple[list[dict[str, Any]], str]] = {
        "sources": ([_source(standing) for standing in found], sentence),
        "coverage": (_coverage(found), "The newest answer of every stream."),
        "spend": ([_spend(standing) for standing in found if standing.spend], "Dollars by source, in UTC."),
        "cursors": ([_cursor(cursor) for cursor in cursors], "How far each reader got."),
        "gaps": (
            [
                {
                    "source": gap.source,
                    "stream": gap.stream,
                    "from": _minute(gap.window_start),
                    "until": _minute(gap.window_end),
                    "why": gap.reason,
                    "next try": _minute(gap.next_try_at),
                }
                for gap in gaps
            ],
            "What is missing and asked for again.",
        ),
        "scorers": (
            [_scorer(name, share, settings) for name, share in shares.items()],
            "How much of what was read each scorer has scored, about.",
        ),
    }
    for name, (rows, words) in tables.items():
        await table_artifact(key=f"report-{name}", rows=rows, description=words)
    return {standing.name: standing.verdict for standing in found}


def summary(found: Sequence[SourceStanding]) -> str:
    """One sentence on all, and one of advice for each source that needs a person."""
    well = sum(standing.verdict in ("ok", "never_asked") for standing in found)
    advice = [
        f"{standing.name}: {standing.advice}" for standing in found if standing.verdict in ("denied", "over_budget")
    ]
    return " ".join([f"{well} of {len(found)} sources have nothing amiss.", *advice])


def rescoring_advice(shares: Mapping[str, float | None]) -> list[str]:
    """A sentence for each scorer that lacks a part of the history."""
    return [
        f"{name} has scored about {share:.0%} of what was read: "
        f"`prefect deployment run rescore/default -p scorer={name}` does the rest."
        for name, share in shares.items()
        if share is not None and share < _WHOLE
    ]


def _scorer(name: str, share: float | None, settings: Settings) -> dict[str, Any]:
    return {
        "scorer": name,
        "answers": "by default" if name == settings.scorer else "when asked for",
        "scored, about": "" if share is None else f"{share:.0%}",
        "what to do": "rescore" if share is not None and share < _WHOLE else "",
    }


def _source(standing: SourceStanding) -> dict[str, Any]:
    return {
        "source": standing.name,
        "stands": standing.verdict.replace("_", " "),
        "what to do": standing.advice,
        "streams": len(standing.accounts),
        "overdue": standing.overdue.posts,
    }


def _coverage(found: Sequence[SourceStanding]) -> list[dict[str, Any]]:
    rows = [
        {
            "source": standing.name,
            "stream": account.stream,
            "state": account.state,
            "from": _minute(account.window_start),
            "until": _minute(account.window_end),
            "note": account.reason,
        }
        for standing in found
        for account in standing.accounts
    ]
    return rows[:_MOST_ROWS]


def _spend(standing: SourceStanding) -> dict[str, Any]:
    spend = standing.spend
    assert spend is not None
    return {
        "source": standing.name,
        "today": digits(spend.today),
        "of a day's": _limit(spend.budget.day),
        "this month": digits(spend.month),
        "of a month's": _limit(spend.budget.month),
        "month's end, forecast": digits(spend.forecast),
    }


def _limit(dollars: Any) -> str:
    return "no limit" if dollars is None else digits(dollars)


def _cursor(cursor: CursorRow) -> dict[str, Any]:
    return {
        "source": cursor.source,
        "stream": cursor.stream,
        "position": cursor.position[:200],
        "moved": _minute(cursor.updated_at),
    }


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
