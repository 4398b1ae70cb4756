"""Both series and their evidence over HTTP, from real posts read by the real reader, and from buckets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool
from tests.support import seed
from tests.support.scoring import make_reader, score_all, store
from tests.support.storms import calm, storm

Client = AsyncTestClient[Litestar]

HOUR = timedelta(hours=1)


async def _get(client: Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def stormy(pool: Pool) -> datetime:
    """200 copies by three new accounts among five plain opinions, at the start of the bucket of two hours ago."""
    reader = await make_reader(pool)
    moment = datetime.now(UTC) - 2 * HOUR
    start = moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)
    await store(pool, [*calm(start), *storm(start)])
    await score_all(pool, reader)
    return start


async def test_a_storm_moves_the_raw_summary_alone_and_is_seen_in_the_evidence(
    stormy: datetime, client: Client
) -> None:
    answer = await _get(client, "sentiment/AAPL", scorer="vader@1")
    assert (answer["posts"], answer["filtered_posts"]) == (205, 6)
    assert (answer["authors"], answer["filtered_authors"]) == (8, 6)
    assert answer["score"] > 0.6 > 0.3 > answer["filtered_score"]
    assert answer["label"] == "positive"
    assert answer["filtered_positive"] + answer["filtered_neutral"] + answer["filtered_negative"] == 6
    assert (answer["confidence"], answer["filtered_confidence"]) == ("medium", "low")
    assert answer["author_concentration"] == pytest.approx(67 / 205, abs=1e-4)
    assert answer["new_account_share"] == pytest.approx(200 / 205, abs=1e-4)
    [share] = answer["by_source"]
    assert (share["posts"], share["filtered_posts"], share["filtered_score"]) == (205, 6, answer["filtered_score"])


@pytest.mark.parametrize("interval", ["5m", "1h", "1d"])
async def test_both_series_stand_side_by_side(stormy: datetime, client: Client, interval: str) -> None:
    answer = await _get(client, "sentiment/AAPL/series", interval=interval, scorer="vader@1")
    assert (answer["posts"], answer["filtered_posts"]) == ([205], [6])
    assert (answer["filtered_authors"], answer["burst"]) == ([6], [None])
    assert answer["author_concentration"] == [pytest.approx(67 / 205, abs=1e-4)]
    assert answer["new_account_share"] == [pytest.approx(200 / 205, abs=1e-4)]
    columns = {name for name, column in answer.items() if isinstance(column, list)}
    csv = await client.get(f"/api/v1/sentiment/AAPL/series?interval={interval}", headers={"accept": "text/csv"})
    assert set(csv.text.splitlines()[0].split(",")) == columns


async def test_insight_has_both_series_beside_the_bars(stormy: datetime, pool: Pool, client: Client) -> None:
    day = stormy.replace(hour=0, minute=0)
    await seed.add_bar(pool, "AAPL", day - timedelta(days=1), 540)
    answer = await _get(client, "stocks/AAPL/insight", scorer="vader@1")
    assert (answer["posts"], answer["filtered_posts"], answer["filtered_authors"]) == (
        [None, 205],
        [None, 6],
        [None, 6],
    )
    assert answer["burst"] == [None, None]
    assert answer["new_account_share"] == [None, pytest.approx(200 / 205, abs=1e-4)]


async def test_posts_say_which_are_copies_and_leave_them_out_on_demand(stormy: datetime, client: Client) -> None:
    everything = (await _get(client, "sentiment/AAPL/posts", limit=200, scorer="vader@1"))["items"]
    assert sum(not item["is_copy"] for item in everything) <= 6
    firsts = (await _get(client, "sentiment/AAPL/posts", limit=200, copies=False, scorer="vader@1"))["items"]
    assert len(firsts) == 6
    assert not any(item["is_copy"] for item in firsts)


async def test_a_burst_stands_out_from_the_intervals_before_it_also_those_before_the_range(
    pool: Pool, client: Client
) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL")
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for hour in range(12):
        await seed.add_bucket(pool, "AAPL", first + hour * HOUR, [0.1] * (4 + hour % 3))
    await seed.add_bucket(pool, "AAPL", first + 12 * HOUR, [0.1] * 60, copies=55, new_accounts=40)
    answer = await _get(client, "sentiment/AAPL/series", interval="1h")
    assert answer["burst"][:7] == [None] * 7
    assert all(abs(burst) < 1 for burst in answer["burst"][7:12])
    assert answer["burst"][12] > 20
    assert answer["filtered_posts"][12] == 5
    late = await _get(client, "sentiment/AAPL/series", interval="1h", limit=2)
    assert late["burst"] == answer["burst"][-2:]
    bars = await _get(client, "stocks/AAPL/insight", interval="1h")
    assert bars["burst"] == answer["burst"]


async def test_trending_follows_the_filtered_series_unless_told_otherwise(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    now = datetime.now(UTC)
    now = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    for symbol, posts, copies in (("AAPL", 20, 0), ("MSFT", 90, 88)):
        await seed.add_symbol(pool, symbol)
        for day in range(1, 31):
            await seed.add_bucket(pool, symbol, now - timedelta(days=day), [0.1] * 4)
        await seed.add_bucket(pool, symbol, now, [0.1] * posts, copies=copies)
    filtered = await _get(client, "sentiment/trending")
    assert [item["symbol"] for item in filtered["items"]] == ["AAPL", "MSFT"]
    assert filtered["items"][1]["buzz"] > filtered["items"][0]["buzz"] > filtered["items"][1]["filtered_buzz"]
    raw = await _get(client, "sentiment/trending", series="raw")
    assert (raw["series"], [item["symbol"] for item in raw["items"]]) == ("raw", ["MSFT", "AAPL"])


async def test_posts_carry_the_score_of_the_mention_and_are_filtered_by_it(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL")
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    await seed.add_post(pool, "AAPL", noon, external_id="a", score=0.5, of_mention=-0.4)
    [item] = (await _get(client, "sentiment/AAPL/posts", label="negative"))["items"]
    assert (item["score"], item["label"], item["mention_score"], item["mention_label"]) == (
        0.5,
        "positive",
        -0.4,
        "negative",
    )
    assert [(m["symbol"], m["score"], m["label"]) for m in item["mentions"]] == [("AAPL", -0.4, "negative")]
    assert (await _get(client, "sentiment/AAPL/posts", label="positive"))["items"] == []


async def test_a_text_that_is_sent_has_a_score_for_each_mention(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    await seed.add_symbol(pool, "INTC", "Intel Corporation")
    text = "$AAPL soars after record profit while $INTC plunges on weak guidance"
    for scorer in ("vader@1", "finance@1"):
        answer = await client.post("/api/v1/sentiment/analyze", json={"text": text, "scorer": scorer})
        assert answer.status_code == 200, answer.text
        found = {mention["symbol"]: mention for mention in answer.json()["mentions"]}
        assert set(found) == {"AAPL", "INTC"}
        assert all(mention["label"] in ("positive", "neutral", "negative") for mention in found.values())
    assert found["AAPL"]["score"] > 0 > found["INTC"]["score"]
