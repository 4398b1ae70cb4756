"""The worked example of the documentation, run word for word against a local server of the provider's shape."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web

from lib.collect.gate import Gate
from lib.collect.posts import collect_stream
from lib.db.pool import Pool
from lib.domain.symbols import Listing
from lib.settings import Settings
from lib.sources.declared import Declaration, Opening
from lib.sources.interest import Interest
from tests.servers.faults import BAD_GATEWAY, Page, Script, misbehave
from tests.servers.proxy import stand_in
from tests.support.access import NotedAccess

DOCUMENT = Path(__file__).parents[2] / "docs" / "adding-a-source.md"
HOST = "hn.algolia.com"


class LocalSearch:
    """Answers with the stories published in the window that is asked for, the newest first."""

    def __init__(self) -> None:
        self.script = Script()
        self.stories: list[tuple[int, str]] = []
        self.agents: list[str] = []

    async def search(self, request: web.Request) -> web.StreamResponse:
        self.agents.append(request.headers["User-Agent"])
        bounds = [int(number) for number in re.findall(r"created_at_i[><]=?(\d+)", request.query["numericFilters"])]
        found = sorted((story for story in self.stories if bounds[0] <= story[0] < bounds[1]), reverse=True)
        hits = [
            {
                "objectID": f"{second}-{title}",
                "created_at_i": second,
                "title": title,
                "story_text": None,
                "author": "ann",
            }
            for second, title in found[: int(request.query["hitsPerPage"])]
        ]
        return await misbehave(self.script.next("search"), request, web.json_response({"hits": hits}))


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSearch]:
    local = LocalSearch()
    app = web.Application()
    app.router.add_get("/api/v1/search_by_date", local.search)
    with stand_in(app, (HOST,), tmp_path) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield local


@pytest.fixture(scope="module")
def declared() -> Declaration:
    """The declaration of the example, as it stands in the document."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    module = ModuleType("hackernews")
    exec(compile(code, str(DOCUMENT), "exec"), module.__dict__)
    found: Declaration = module.DECLARATION
    return found


def opening() -> Opening:
    watched = [Listing(symbol="AAPL", name="Apple Inc.")]
    return Opening(Settings(), NotedAccess(), Interest(watched=watched))


def story(minutes_ago: float, title: str) -> tuple[int, str]:
    return int((datetime.now(UTC) - timedelta(minutes=minutes_ago)).timestamp()), title


async def collect(pool: Pool, declared: Declaration, *, count: int = 1) -> None:
    async with declared.open(opening()) as source:
        for _ in range(count):
            await collect_stream(pool, source, "search/AAPL", gate=Gate())


async def test_what_is_new_is_stored_once_whatever_goes_wrong(
    pool: Pool, search: LocalSearch, declared: Declaration
) -> None:
    search.stories = [story(30, "Apple is great"), story(10, "Apple sinks"), story(0, "not indexed yet")]
    search.script.then("search", BAD_GATEWAY, Page())
    await collect(pool, declared, count=2)

    rows = await pool.fetch("SELECT title, author, url FROM posts ORDER BY published_at")
    assert [row["title"] for row in rows] == ["Apple is great", "Apple sinks"]
    states = await pool.fetch("SELECT DISTINCT state FROM coverage")
    assert {row["state"] for row in states} <= {"ok", "empty"}, "what was asked again and answered is no failure"
    assert all(agent.startswith("InsiteChart/") for agent in search.agents)


async def test_what_the_provider_does_not_list_any_more_is_lost_and_said(
    pool: Pool, search: LocalSearch, declared: Declaration
) -> None:
    search.stories = [story(minute, f"Apple {minute}") for minute in range(5, 145)]
    await collect(pool, declared)
    assert await pool.fetchval("SELECT count(*) FROM posts") == 100
    states = await pool.fetch("SELECT state FROM coverage ORDER BY window_start")
    assert [row["state"] for row in states] == ["unavailable", "ok"]
    assert await pool.fetchval("SELECT closing FROM gaps") == "only the newest 100 are listed"
