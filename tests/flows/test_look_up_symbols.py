"""The flow as Prefect runs it: it completes whatever Yahoo does, and its artifact says what came."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State

from flows.look_up_symbols import look_up_symbols
from lib.db.ingest.posts import store_posts
from lib.db.pool import Pool
from lib.domain.posts import Post
from lib.errors import ConfigurationError
from lib.settings import load_settings
from tests.servers.faults import TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import NASDAQ, Book

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture(autouse=True)
async def posts(pool: Pool) -> None:
    """What people write about."""
    texts = ["$PLTR up", "$PLTR down", "$NOSUCH"]
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(
            conn,
            [
                Post(source="reddit", external_id=str(number), published_at=datetime.now(UTC), text=text)
                for number, text in enumerate(texts)
            ],
        )


async def report(state: State[Any]) -> tuple[str, list[dict[str, Any]]]:
    """The artifact's sentence and rows."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    async with get_client() as client:
        (artifact,) = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    return artifact.description or "", json.loads(str(artifact.data))


async def test_what_people_write_about_is_looked_up_and_reported(pool: Pool, local_yahoo: LocalYahoo) -> None:
    local_yahoo.publish(Book("PLTR", NASDAQ, name="Palantir Technologies Inc."))

    state = await look_up_symbols(return_state=True)

    assert await state.result() == {"asked": 2, "found": 1, "left": 0, "read_again": 2}
    sentence, rows = await report(state)
    assert sentence.startswith("2 cashtags looked up, 1 of them listed now; 2 posts wait for another reading")
    assert [(row["cashtag"], row["posts"], row["symbol"]) for row in rows] == [("$PLTR", 2, "PLTR"), ("$NOSUCH", 1, "")]
    assert await pool.fetchval("SELECT name FROM symbols WHERE symbol = 'PLTR'") == "Palantir Technologies Inc."


async def test_told_to_wait_the_run_completes_and_says_so(local_yahoo: LocalYahoo) -> None:
    local_yahoo.script.always("*", TooMany("3600"))
    state = await look_up_symbols(return_state=True)
    assert state.is_completed()
    assert await state.result() == {"asked": 0, "found": 0, "left": 2, "read_again": 0}
    sentence, _ = await report(state)
    assert "2 cashtags are left. Yahoo" in sentence


async def test_switched_off_nothing_is_asked(local_yahoo: LocalYahoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_SOURCES_OFF", "yahoo")
    load_settings.cache_clear()
    state = await look_up_symbols(return_state=True)
    assert state.is_completed()
    assert (await report(state))[0].startswith("yahoo is switched off")
    assert local_yahoo.lists == []


async def test_what_cannot_be_meant_is_refused(local_yahoo: LocalYahoo) -> None:
    with pytest.raises(ConfigurationError):
        await look_up_symbols(most=0)
