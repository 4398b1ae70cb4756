"""Versions side by side: the default is one setting, and switching it rewrites nothing."""

from datetime import timedelta

import msgspec
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import Pool
from lib.db.scoring.rescoring import Rescoring
from lib.settings import Settings
from tests.support.rescoring import rescore_all
from tests.support.scoring import make_reader, post, score_all, store
from tests.support.seed import now

_MARKS = "SELECT (SELECT array_agg(xmin::text) FROM scores), (SELECT array_agg(xmin::text) FROM sentiment_buckets)"


async def answer(settings: Settings, path: str = "/api/v1/sentiment/AAPL?window=24h") -> dict[str, object]:
    """What an API says that was started with `settings`."""
    async with AsyncTestClient(create_app(settings)) as client:
        found = await client.get(path)
        assert found.status_code == 200, found.text
        told: dict[str, object] = found.json()
        return told


async def test_after_a_rescoring_the_default_is_switched_by_one_setting(pool: Pool, database_url: str) -> None:
    published_at = await now(pool) - timedelta(hours=1)
    posts = [post(number, "$AAPL 급등, awful") for number in range(3)]
    reader = await make_reader(pool)
    await store(pool, [msgspec.structs.replace(each, published_at=published_at) for each in posts])
    await score_all(pool, reader)
    before = await answer(Settings(database_url=database_url, scorer="vader@1"))
    await rescore_all(pool, Rescoring(scorer="korean@1"))

    assert await answer(Settings(database_url=database_url, scorer="vader@1")) == before
    marks = await pool.fetchrow(_MARKS)
    after = await answer(Settings(database_url=database_url, scorer="korean@1"))
    assert (before["scorer"], before["label"], before["posts"]) == ("vader@1", "negative", 3)
    assert (after["scorer"], after["label"], after["posts"]) == ("korean@1", "positive", 3)
    assert await pool.fetchrow(_MARKS) == marks
    old = await answer(
        Settings(database_url=database_url, scorer="korean@1"), "/api/v1/sentiment/AAPL?window=24h&scorer=vader@1"
    )
    assert old["label"] == "negative"
