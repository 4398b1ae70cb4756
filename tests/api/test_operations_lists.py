"""/operations/coverage, /gaps and /cursors: filters, pages that hold everything once, and as-of answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.cursors import save_cursor
from lib.db.pool import Pool
from tests.support import seed
from tests.support.accounts import become

Client = AsyncTestClient[Litestar]

HOUR = timedelta(hours=1)


@pytest.fixture
async def client(client: Client, pool: Pool) -> Client:
    """Asks as an operator."""
    await become(client, pool, "operator")
    return client


async def get(client: Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/operations/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def streams(answer: dict[str, Any]) -> list[str]:
    return [item["stream"] for item in answer["items"]]


async def test_an_account_says_what_was_asked_and_what_came(pool: Pool, client: Client) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    await seed.add_coverage(pool, "reddit", "posts/a", now, state="over_budget", reason="$1 is spent.", received=0)
    [item] = (await get(client, "coverage"))["items"]
    observed = item.pop("observed_at")
    assert datetime.fromisoformat(observed) > now
    assert item == {
        "source": "reddit",
        "stream": "posts/a",
        "start": (now - timedelta(minutes=15)).isoformat().replace("+00:00", "Z"),
        "end": now.isoformat().replace("+00:00", "Z"),
        "state": "over_budget",
        "reason": "$1 is spent.",
        "asked": 10,
        "received": 0,
    }


async def test_the_reason_is_told_to_everyone_but_not_the_money(pool: Pool, client: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "x", "search/AAPL", now, state="over_budget", reason="$1.00 of $1.00 is spent.")
    await seed.add_coverage(pool, "reddit", "posts/a", now, state="denied", reason="Reddit answers 403.")
    items = (await client.get("/api/v1/sentiment/coverage")).json()["items"]
    assert [(item["source"], item["state"]) for item in items] == [("reddit", "denied"), ("x", "over_budget")]
    assert items[0]["reason"] == "Reddit answers 403."
    assert items[1]["reason"]
    assert "$" not in items[1]["reason"]


async def test_filters_leave_out_what_was_not_asked_for(pool: Pool, client: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "yahoo", "bars/1d/AAPL", now - HOUR / 4)
    await seed.add_coverage(pool, "yahoo", "bars/1m/AAPL", now, state="empty")
    await seed.add_coverage(pool, "yahoo", "bars2/AAPL", now)
    await seed.add_coverage(pool, "reddit", "posts/a", now, state="denied", reason="403")
    await seed.add_coverage(pool, "reddit", "posts/b", now - 23 * HOUR)
    # asked today about what lies days back: a backfill
    await seed.add_coverage(pool, "reddit", "posts/c", now - 80 * HOUR)
    everything = ["posts/b", "posts/a", "bars2/AAPL", "bars/1m/AAPL", "bars/1d/AAPL"]
    assert streams(await get(client, "coverage")) == everything
    assert streams(await get(client, "coverage", window="1h")) == everything[1:]
    assert streams(await get(client, "coverage", window="7d")) == ["posts/c", *everything]
    assert streams(await get(client, "coverage", source="yahoo")) == everything[2:]
    assert streams(await get(client, "coverage", feed="bars")) == ["bars/1m/AAPL", "bars/1d/AAPL"]
    assert streams(await get(client, "coverage", stream="bars/1d/AAPL")) == ["bars/1d/AAPL"]
    assert streams(await get(client, "coverage", stream="bars/1d/AAPL", state="empty")) == []
    assert streams(await get(client, "coverage", stream="posts/c")) == []
    assert streams(await get(client, "coverage", stream="posts/c", window="7d")) == ["posts/c"]
    assert streams(await get(client, "coverage", stream="posts/a", source="yahoo")) == []
    assert streams(await get(client, "coverage", state="denied")) == ["posts/a"]
    until = (now - 79 * HOUR).isoformat()
    assert streams(await get(client, "coverage", end=until)) == ["posts/c"]
    assert streams(await get(client, "coverage", start=until)) == everything


@pytest.mark.parametrize("parameters", [{}, {"source": "s1"}, {"start": "2020-01-01"}, {"stream": "posts/all"}])
async def test_pages_hold_every_account_once_while_newer_ones_arrive(
    pool: Pool, client: Client, parameters: dict[str, str]
) -> None:
    now = datetime.now(UTC)
    async with pool.acquire() as conn, conn.transaction():
        # accounts of one transaction may share their moment: the id decides
        for number in range(7):
            stream = parameters.get("stream", f"posts/{number}")
            await seed.add_coverage(conn, f"s{number % 2}", stream, now, reason=str(number))
        await conn.execute("UPDATE coverage SET observed_at = clock_timestamp() WHERE id % 3 = 0")
    wanted = {str(number) for number in range(7) if "source" not in parameters or number % 2}
    seen: list[str] = []
    answer = await get(client, "coverage", limit=2, **parameters)
    while True:
        seen += [item["reason"] for item in answer["items"]]
        if answer["next"] is None:
            break
        await seed.add_coverage(pool, "s1", parameters.get("stream", "posts/new"), now)
        following = await get(client, "coverage", limit=2, cursor=answer["next"], **parameters)
        assert (following["since"], following["until"]) == (answer["since"], answer["until"])
        answer = following
    assert len(seen) == len(set(seen)) == len(wanted)
    assert set(seen) == wanted


async def test_accounts_as_of_a_moment_never_change(pool: Pool, client: Client) -> None:
    await seed.add_coverage(pool, "reddit", "posts/a", datetime.now(UTC))
    moment = (await seed.now(pool)).isoformat()
    path = "/api/v1/operations/coverage"
    before = await client.get(path, params={"as_of": moment, "window": "1h"})
    assert streams(before.json()) == ["posts/a"]
    await seed.add_coverage(pool, "reddit", "posts/b", datetime.now(UTC))
    after = await client.get(path, params={"as_of": moment, "window": "1h"})
    assert after.content == before.content
    assert after.headers["cache-control"] == "private, max-age=86400"


@pytest.mark.parametrize(
    ("parameters", "at_fault"),
    [
        ({"window": "1h", "start": "2026-01-01"}, "window"),
        ({"window": "2h"}, "window"),
        ({"start": "2026-01-02", "end": "2026-01-01"}, "end"),
        ({"state": "fine"}, "state"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"as_of": "2999-01-01T00:00:00Z"}, "as_of"),
        ({"feed": "bars", "stream": "bars/1d/AAPL"}, "feed"),
        ({"streams": "bars"}, "streams"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_named(
    client: Client, parameters: dict[str, str], at_fault: str
) -> None:
    answer = await client.get("/api/v1/operations/coverage", params=parameters)
    assert (answer.status_code, answer.json()["parameter"]) == (400, at_fault)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_gaps_are_told_with_what_became_of_them(pool: Pool, client: Client) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    await seed.add_gap(pool, "yahoo", "bars/1m/AAPL", noon)
    await seed.add_gap(pool, "reddit", "posts/a", noon, state="lost")
    await seed.add_gap(pool, "reddit", "posts/a", noon + HOUR, state="filled")
    filled, lost, still_open = (await get(client, "gaps"))["items"]
    assert (filled["state"], filled["closing"], filled["next_try_at"]) == ("filled", "filled in a test", None)
    assert filled["closed_at"]
    assert (lost["state"], lost["source"], lost["stream"]) == ("lost", "reddit", "posts/a")
    assert (still_open["state"], still_open["origin"], still_open["reason"]) == ("open", "found", "not covered")
    assert (still_open["start"], still_open["end"]) == ("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")
    assert (still_open["tries"], still_open["closing"], still_open["closed_at"]) == (0, "", None)
    assert still_open["next_try_at"]
    assert (await get(client, "gaps", state="lost"))["items"] == [lost]
    assert (await get(client, "gaps", source="yahoo"))["items"] == [still_open]
    assert (await get(client, "gaps", source="nobody"))["items"] == []


async def test_pages_of_gaps_hold_each_once(pool: Pool, client: Client) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for number in range(5):
        await seed.add_gap(pool, "reddit", f"posts/{number}", noon)
    first = await get(client, "gaps", limit=2)
    await seed.add_gap(pool, "reddit", "posts/new", noon)
    second = await get(client, "gaps", limit=2, cursor=first["next"])
    last = await get(client, "gaps", limit=2, cursor=second["next"])
    assert [*streams(first), *streams(second), *streams(last)] == [f"posts/{number}" for number in (4, 3, 2, 1, 0)]
    assert last["next"] is None


async def test_cursors_are_listed_page_by_page(pool: Pool, client: Client) -> None:
    async with pool.acquire() as conn, conn.transaction():
        for stream in ("articles/a", "articles/b", "articles/c"):
            await save_cursor(conn, "free", stream, {"etag": stream})
        await save_cursor(conn, "paid", "search/AAPL", {"since_id": "1"})
    first = await get(client, "cursors", source="free", limit=2)
    assert [item["stream"] for item in first["items"]] == ["articles/a", "articles/b"]
    assert first["items"][0]["position"] == {"etag": "articles/a"}
    second = await get(client, "cursors", source="free", limit=2, cursor=first["next"])
    assert [item["stream"] for item in second["items"]] == ["articles/c"]
    assert second["next"] is None
    assert len((await get(client, "cursors"))["items"]) == 4
