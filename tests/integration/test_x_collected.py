"""X into the tables: by a process that knows from its environment alone where X is, and never beyond the budget."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lib.collect.opening import open_source
from lib.collect.rounds import collect_round
from lib.collect.verification import sweep
from lib.db.pool import Pool
from tests.servers.x import NO_CREDITS, LocalX
from tests.support.x import x_settings

_POSTS = "SELECT external_id, text, verify_after - observed_at AS within FROM posts WHERE source = 'x'"
_SPENT = "SELECT coalesce(sum(dollars), 0) FROM spend WHERE source = 'x'"
_STATES = "SELECT DISTINCT state FROM coverage WHERE source = 'x'"


def publish(local_x: LocalX, number: int) -> dict[str, str]:
    """That many posts of the last hour, about two stocks in turn: words by id."""
    tweets = (
        local_x.posts.publish(
            f"{('$AAPL', '$MSFT')[n % 2]} {n} 🚀 삼성", datetime.now(UTC) - timedelta(minutes=50, seconds=-6 * n)
        )
        for n in range(number)
    )
    return {str(tweet.id): tweet.text for tweet in tweets}


async def collect(pool: Pool, **settings: Any) -> list[str]:
    """The state of each stream after a round in this process."""
    async with open_source(pool, x_settings(watchlist=("AAPL", "MSFT"), **settings), "x") as opened:
        outcomes = await collect_round(pool, opened, opened.source.streams())
        return [outcome.state for outcome in outcomes]


async def test_a_process_told_by_its_environment_stays_within_its_budget(
    local_x: LocalX, database_url: str, pool: Pool, tmp_path: Path
) -> None:
    published = publish(local_x, 300)
    environment = {
        **os.environ,
        **local_x.environment,
        "INSITECHART_DATABASE_URL": database_url,
        "INSITECHART_HOME": str(tmp_path),
        "INSITECHART_WATCHLIST": "AAPL,MSFT",
        "INSITECHART_X_BEARER_TOKEN": local_x.token,
        "INSITECHART_X_BUDGET_DAY": "1.00",
        "INSITECHART_X_BUDGET_MONTH": "30",
        "INSITECHART_CONTACT": "https://example.org/contact",
    }
    command = [sys.executable, "-m", "deployments.cli", "collect", "posts", "x", "--no-score"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()

    assert process.returncode == 0
    assert "of the $1.00 for today are spent" in told.decode()
    assert {row["state"] for row in await pool.fetch(_STATES)} == {"ok", "over_budget"}
    spent = await pool.fetchval(_SPENT)
    # a page of fewer than ten posts is not to be had
    assert Decimal("0.95") < spent <= Decimal("1.00")
    assert local_x.bill.dollars <= spent
    assert await pool.fetchval("SELECT sum(calls) FROM spend WHERE source = 'x'") == len(local_x.calls)
    agent = f"InsiteChart/{version('insitechart')} (+https://example.org/contact)"
    assert {call.agent for call in local_x.calls} == {agent}

    # with more money it goes on where it stopped
    assert await collect(pool, x_budget_day=Decimal(3)) == ["ok", "ok"]
    rows = await pool.fetch(_POSTS)
    assert {row["external_id"]: row["text"] for row in rows} == published
    assert len(rows) == len(local_x.bill.posts) == len(published)


async def test_what_is_deleted_at_x_is_forgotten(local_x: LocalX, pool: Pool) -> None:
    published = publish(local_x, 30)
    await collect(pool)
    assert all(row["within"] <= timedelta(hours=20, minutes=1) for row in await pool.fetch(_POSTS))
    gone, edited = sorted(published)[:2]
    local_x.posts.delete(int(gone))
    local_x.posts.edit(int(edited), "$MSFT edited", datetime.now(UTC))
    async with open_source(pool, x_settings(), "x") as opened:
        swept = await sweep(pool, opened, everything=True)
    assert (swept.looked_at, swept.gone, swept.edited, swept.overdue) == (30, 1, 1, 0)
    texts = {row["external_id"]: row["text"] for row in await pool.fetch(_POSTS)}
    assert texts == {**published, gone: None, edited: "$MSFT edited"}
    # 30 posts found, 29 looked at again on the same day, one of them under a new id
    assert local_x.bill.dollars == Decimal("0.155")
    assert await pool.fetchval(_SPENT) == Decimal("0.295")


async def test_without_credits_it_waits_for_a_person_and_spends_nothing(local_x: LocalX, pool: Pool) -> None:
    local_x.script.always("search", NO_CREDITS)
    assert await collect(pool) == ["denied", "denied"]
    assert await collect(pool) == ["denied", "denied"]
    # both streams may ask before the first of them is refused
    assert len(local_x.calls) <= 2
    assert await pool.fetchval("SELECT hint FROM circuits WHERE source = 'x'") == (
        "Buy credits in X's developer console, then run `insitechart sources reset x`."
    )
    assert await pool.fetchval(_SPENT) == 0
