"""The README on sources, kept by the running platform against local providers that speak as the real ones do.

The commands are told where those are by environment variables alone, as a person behind a proxy would tell them.
"""

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import pytest

from deployments.cli.collect import ELSEWHERE
from tests.acceptance.conftest import RunningPlatform
from tests.servers.bluesky import running_bluesky
from tests.servers.feed_documents import Feed, Item
from tests.servers.feeds import running_feeds
from tests.servers.reddit import CLIENT_ID, CLIENT_SECRET, running_reddit

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(running_platform: RunningPlatform, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """GET below /api/v1; the answer as JSON. Apple is listed, whatever became of the sample."""
    symbols = tmp_path_factory.mktemp("listings") / "symbols.csv"
    symbols.write_text("symbol,name,exchange,currency\nAAPL,Apple Inc.,NASDAQ,USD\n", "utf-8")
    assert running_platform.run("import", "symbols", str(symbols)).returncode == 0

    api = f"{running_platform.api_url}/api/v1"
    made = running_platform.run("users", "create-admin", "admin@example.com", "--generate")
    assert made.returncode == 0, made.stderr
    password = made.stdout.split()[-1]
    form = {"grant_type": "password", "username": "admin@example.com", "password": password}
    token = httpx.post(f"{api}/users/token", data=form, timeout=30).json()["access_token"]

    def get(path: str, **parameters: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{api}{path}", params=parameters, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def texts(ask: Ask, source: str) -> list[str]:
    """The newest posts about Apple from `source`, as the API shows them."""
    return [item["text"] for item in ask("/sentiment/AAPL/posts", source=source)["items"]]


def test_without_a_network_each_source_is_one_line(running_platform: RunningPlatform) -> None:
    shown = running_platform.run("sources")
    assert shown.returncode == 0, shown.stderr
    table = shown.stdout.splitlines()[1:6]
    assert [line.split()[0] for line in table] == ["yahoo", "reddit", "x", "bluesky", "feeds"]
    assert "not configured" in table[1]
    assert "INSITECHART_X_BEARER_TOKEN" in shown.stdout
    assert "Traceback" not in shown.stdout + shown.stderr


def test_what_is_written_on_bluesky_is_seen_scored_and_forgotten(
    running_platform: RunningPlatform, ask: Ask, tmp_path: Path
) -> None:
    with running_bluesky(tmp_path) as bluesky:
        bluesky.murmur(0.2)
        bluesky.say("$AAPL is a wonderful company")
        # the platform's own collector may have the stream; it gives it up, for it reaches nothing
        done = _collected(running_platform, bluesky.environment)
    assert "bluesky: posts: ok" in done.stdout
    (post,) = ask("/sentiment/AAPL/posts", source="bluesky")["items"]
    assert (post["text"], post["label"]) == ("$AAPL is a wonderful company", "positive")


def _collected(platform: RunningPlatform, environment: dict[str, str]) -> CompletedProcess[str]:
    """What the command printed once it could ask."""
    end = time.monotonic() + 120
    while True:
        done = platform.run("collect", "posts", "bluesky", **environment)
        assert done.returncode == 0, done.stderr
        if ELSEWHERE not in done.stdout:
            return done
        assert time.monotonic() < end, done.stdout


def test_what_an_author_takes_back_on_reddit_is_gone_here(
    running_platform: RunningPlatform, ask: Ask, tmp_path: Path
) -> None:
    with running_reddit(tmp_path) as reddit:
        keys = {
            **reddit.environment,
            "INSITECHART_REDDIT_CLIENT_ID": CLIENT_ID,
            "INSITECHART_REDDIT_CLIENT_SECRET": CLIENT_SECRET,
            "INSITECHART_REDDIT_USERNAME": "someone",
            "INSITECHART_REDDIT_SUBREDDITS": "stocks",
        }
        kept, regretted = reddit.comment("stocks", "$AAPL is fine"), reddit.comment("stocks", "$AAPL is my secret")
        assert running_platform.run("collect", "posts", "reddit", **keys).returncode == 0
        assert sorted(texts(ask, "reddit")) == ["$AAPL is fine", "$AAPL is my secret"], (kept, regretted)
        reddit.delete(regretted)
        done = running_platform.run("collect", "deleted", "--all", **keys)
        assert "1 gone" in done.stdout, done.stdout + done.stderr
    assert texts(ask, "reddit") == ["$AAPL is fine"]


def test_silence_and_not_having_heard_are_different_answers(
    running_platform: RunningPlatform, ask: Ask, tmp_path: Path
) -> None:
    with running_feeds(tmp_path) as feeds:
        feeds.publish("https://news.example/calm", Feed(items=[Item(title="Nothing of note", guid="1")]))
        places = {"INSITECHART_FEEDS": "calm=https://news.example/calm,gone=https://news.example/gone"}
        done = running_platform.run("collect", "posts", "feeds", **feeds.environment, **places)
    assert done.returncode == 0, done.stderr
    answers = ask("/operations/coverage", source="feeds", limit="1000")["items"]
    states = {item["stream"]: item["state"] for item in reversed(answers)}
    assert states["articles/calm"] == "ok"
    assert states["articles/gone"] == "denied"
    # another list of feeds would be another asking, and not be refused
    refused = running_platform.run("sources", **places)
    assert "insitechart sources reset feeds" in refused.stdout
    assert running_platform.run("sources", "reset", "feeds").returncode == 0


def test_a_budget_refuses_before_anything_is_asked(running_platform: RunningPlatform, ask: Ask) -> None:
    unpaid = {"INSITECHART_X_BEARER_TOKEN": "token", "INSITECHART_X_BUDGET_DAY": "0"}
    refused = running_platform.run("collect", "posts", "x", **unpaid)
    assert refused.returncode == 1
    assert "INSITECHART_X_BUDGET_DAY" in refused.stderr
    assert ask("/operations/spend")["items"] == []
