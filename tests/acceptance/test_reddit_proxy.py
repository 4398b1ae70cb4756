"""Reddit collected as an operator would: by the command, with keys in the environment, from what it takes for the real
Reddit. Nothing but environment variables differs.
"""

import asyncio
import os
import sys
from pathlib import Path
from time import time

from lib.db.pool import Pool
from tests.servers.faults import BAD_GATEWAY, HalfBody, TooMany
from tests.servers.reddit import CLIENT_ID, CLIENT_SECRET, LocalReddit, running_reddit


async def collect(reddit: LocalReddit, database_url: str, home: Path) -> str:
    """What `insitechart collect posts reddit` says, in a process of its own."""
    settings = {
        "INSITECHART_DATABASE_URL": database_url,
        "INSITECHART_HOME": str(home),
        "INSITECHART_REDDIT_CLIENT_ID": CLIENT_ID,
        "INSITECHART_REDDIT_CLIENT_SECRET": CLIENT_SECRET,
        "INSITECHART_REDDIT_USERNAME": "somebody",
        "INSITECHART_REDDIT_SUBREDDITS": "stocks,closed",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "deployments.cli", "collect", "posts", "--no-score", "reddit",
        env={**os.environ, **reddit.environment, **settings},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert CLIENT_SECRET not in out.decode()
    return out.decode()


async def test_posts_come_from_reddit_s_own_addresses(pool: Pool, database_url: str, tmp_path: Path) -> None:
    with running_reddit(tmp_path) as reddit:
        reddit.refusals["closed"] = "private"
        hour_ago = time() // 1 - 3600
        names = {
            reddit.submit("stocks", title=f"$TSLA {n} 🚀 삼성전자", created=hour_ago + 20 * n, place=hour_ago + 20 * n)
            for n in range(150)
        }
        names |= {reddit.comment("stocks", f"$AAPL \0 {n}") for n in range(20)}
        reddit.script.then("submissions/stocks", BAD_GATEWAY, HalfBody(), None, TooMany("1"))
        first = await collect(reddit, database_url, tmp_path / "home")
        taken_back = sorted(names)[0]
        reddit.delete(taken_back)
        late = reddit.submit("stocks", title="Late")
        second = await collect(reddit, database_url, tmp_path / "home")

    stored = {row["external_id"] for row in await pool.fetch("SELECT external_id FROM posts WHERE source = 'reddit'")}
    assert stored == names | {late}
    assert "reddit: submissions/stocks: ok, 150 new" in first
    assert "reddit: submissions/stocks: ok, 1 new" in second
    assert "it says private" in first
    states = await pool.fetch("SELECT DISTINCT stream, state FROM coverage WHERE source = 'reddit'")
    assert {tuple(row) for row in states} == {
        ("submissions/stocks", "ok"), ("comments/stocks", "ok"),
        ("submissions/closed", "denied"), ("comments/closed", "denied"),
    }  # fmt: skip
    assert len(reddit.asked("submissions/closed")) == 1, "who was refused is not asked again until a person acts"
    assert await pool.fetchval("SELECT count(*) FROM posts WHERE verify_after IS NULL") == 0
