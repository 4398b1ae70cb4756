"""ETag, 304 and Cache-Control of reads."""

import re
from datetime import UTC, datetime

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool
from tests.support import seed

Client = AsyncTestClient[Litestar]

BARS = "/api/v1/stocks/AAPL/bars"


async def test_an_unchanged_answer_is_304_and_a_changed_one_is_not(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    first = await client.get(BARS)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert first.headers["cache-control"] == "no-cache"
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = await client.get(BARS, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await seed.add_bar(pool, "AAPL", datetime(2020, 1, 1, tzinfo=UTC), 5)
    changed = await client.get(BARS, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize(
    "path", ["/api/v1/stocks", "/api/v1/stocks/AAPL", "/api/v1/sentiment/AAPL", "/api/v1/sentiment/trending"]
)
async def test_every_read_is_tagged(reader: Client, path: str) -> None:
    tag = (await reader.get(path)).headers["etag"]
    assert (await reader.get(path, headers={"If-None-Match": tag})).status_code == 304


async def test_an_as_of_answer_may_be_kept(reader: Client) -> None:
    answer = await reader.get(f"{BARS}?as_of=2024-01-01T00:00:00Z")
    assert answer.headers["cache-control"] == "public, max-age=86400"
