"""The routes under /sentiment that read buckets and posts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool
from tests.support import seed

Client = AsyncTestClient[Litestar]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def apple(pool: Pool) -> None:
    """One listing and one scorer that has scored before."""
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL", "Apple Inc.", name_ko="애플")


def _now() -> datetime:
    """The start of the bucket of this moment."""
    now = datetime.now(UTC)
    return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)


async def _get(client: Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/sentiment/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("apple")
async def test_no_posts_are_zeros_without_a_score(client: Client) -> None:
    answer = await _get(client, "AAPL")
    assert (answer["posts"], answer["authors"], answer["score"], answer["label"]) == (0, 0, None, None)
    assert (answer["confidence"], answer["buzz"], answer["by_source"]) == ("none", None, [])
    assert "0 of at least 7" in answer["buzz_reason"]


@pytest.mark.usefixtures("apple")
async def test_a_summary_counts_its_window_and_nothing_else(pool: Pool, client: Client) -> None:
    now = _now()
    await seed.add_bucket(pool, "AAPL", now, [0.5, -0.2, 0.01], authors=[1, 2, 3])
    await seed.add_bucket(pool, "AAPL", now - 23 * HOUR, [0.4], authors=[3], source="x")
    await seed.add_bucket(pool, "AAPL", now - 24 * HOUR, [-1.0], authors=[9])
    answer = await _get(client, "AAPL")
    assert (answer["posts"], answer["positive"], answer["neutral"], answer["negative"]) == (4, 2, 1, 1)
    assert answer["score"] == pytest.approx(0.1775)
    assert (answer["label"], answer["confidence"], answer["scorer"]) == ("positive", "low", "finance@1")
    # the same hash from two sources is still one value in the union: hashes of sources differ in real data
    assert answer["authors"] == 3
    assert [share["source"] for share in answer["by_source"]] == ["reddit", "x"]
    assert (await _get(client, "AAPL", window="1h"))["posts"] == 3
    assert (await _get(client, "AAPL", window="7d"))["posts"] == 5
    assert (await _get(client, "AAPL", source="x"))["posts"] == 1


@pytest.mark.usefixtures("apple")
async def test_buzz_compares_with_the_windows_before(pool: Pool, client: Client) -> None:
    now = _now()
    for day in range(1, 31):
        await seed.add_bucket(pool, "AAPL", now - day * DAY, [0.1] * (4 + day % 3))
    await seed.add_bucket(pool, "AAPL", now, [0.1] * 30)
    answer = await _get(client, "AAPL")
    assert answer["buzz"] == pytest.approx((30 - 5) / 5**0.5, abs=0.01)
    assert answer["buzz_reason"] is None


@pytest.mark.usefixtures("apple")
async def test_coverage_says_which_sources_were_asked(pool: Pool, client: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "reddit", "posts/stocks", now)
    await seed.add_coverage(pool, "reddit", "posts/wallstreetbets", now, state="rate_limited", reason="429")
    await seed.add_coverage(pool, "yahoo", "bars/1d/AAPL", now)
    [feed] = (await _get(client, "AAPL"))["coverage"]
    assert (feed["source"], feed["feed"], feed["state"], feed["reason"]) == ("reddit", "posts", "rate_limited", "429")
    assert (feed["questions"], feed["answered"], feed["asked"], feed["received"]) == (2, 1, 20, 14)
    assert len((await _get(client, "coverage"))["items"]) == 2
    assert len((await _get(client, "coverage", source="yahoo"))["items"]) == 1


@pytest.mark.usefixtures("apple")
async def test_a_series_adds_buckets_up_and_says_when_it_was_cut(pool: Pool, client: Client) -> None:
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    await seed.add_bucket(pool, "AAPL", first, [0.5, 0.5], authors=[1, 2])
    await seed.add_bucket(pool, "AAPL", first + timedelta(minutes=5), [-0.5], authors=[2])
    await seed.add_bucket(pool, "AAPL", first + 3 * HOUR, [0.3], source="sample")
    answer = await _get(client, "AAPL/series", interval="1h")
    assert answer["start"] == [int(moment.timestamp() * 1000) for moment in (first, first + 3 * HOUR)]
    assert (answer["posts"], answer["authors"], answer["positive"]) == ([3, 1], [2, 1], [2, 1])
    assert answer["score"] == [pytest.approx(0.166667), 0.3]
    assert (answer["truncated"], answer["sample"]) == (False, True)
    assert (await _get(client, "AAPL/series", interval="5m"))["posts"] == [2, 1, 1]
    assert (await _get(client, "AAPL/series", interval="1d", source="reddit"))["posts"] == [3]
    cut = await _get(client, "AAPL/series", interval="1h", limit=2)
    assert (cut["posts"], cut["truncated"], cut["next"]) == ([1], True, "2026-03-02T11:00:00Z")
    assert (await _get(client, "AAPL/series", interval="1h", limit=3, end=cut["next"]))["posts"] == [3]


@pytest.mark.usefixtures("apple")
async def test_posts_page_through_everything_once_while_newer_ones_arrive(pool: Pool, client: Client) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for number in range(7):
        # pairs share a moment: the id decides
        await seed.add_post(pool, "AAPL", noon - number // 2 * HOUR, external_id=str(number), score=number / 10)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await _get(client, "AAPL/posts", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["external_id"] for item in page["items"]]
        await seed.add_post(pool, "AAPL", noon + HOUR, external_id=f"new {len(seen)}")
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["1", "0", "3", "2", "5", "4", "6"]


@pytest.mark.usefixtures("apple")
async def test_posts_carry_their_reading_and_are_filtered(pool: Pool, client: Client) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    await seed.add_post(pool, "AAPL", noon, external_id="a", score=0.5)
    await seed.add_post(pool, "AAPL", noon - HOUR, external_id="b", score=-0.5, source="sample")
    await seed.add_post(pool, "AAPL", noon - 2 * HOUR, external_id="c", score=None)
    gone = await seed.add_post(pool, "AAPL", noon, external_id="gone")
    await pool.execute("UPDATE posts SET deleted_at = now(), text = NULL, author = NULL WHERE id = $1", gone)
    answer = await _get(client, "AAPL/posts")
    assert [item["external_id"] for item in answer["items"]] == ["a", "b", "c"]
    first, _, unread = answer["items"]
    assert (first["score"], first["label"], first["published_at"]) == (0.5, "positive", "2026-03-02T12:00:00Z")
    assert first["explanation"] == [{"text": "great", "start": 6, "end": 11, "weight": 0.5}]
    [mention] = first["mentions"]
    assert (mention["symbol"], mention["method"], mention["start"], mention["end"]) == ("AAPL", "cashtag", 0, 5)
    assert (mention["confidence"], mention["score"], mention["label"]) == (0.99, 0.5, "positive")
    assert (unread["score"], unread["label"], unread["explanation"]) == (None, None, [])
    assert answer["sample"] is True
    negative = await _get(client, "AAPL/posts", label="negative")
    assert [item["external_id"] for item in negative["items"]] == ["b"]
    assert (await _get(client, "AAPL/posts", source="reddit"))["sample"] is False


@pytest.mark.usefixtures("apple")
async def test_trending_puts_the_unusual_before_the_loud(pool: Pool, client: Client) -> None:
    now = _now()
    await seed.add_symbol(pool, "005930.KS", "Samsung Electronics", name_ko="삼성전자")
    await seed.add_symbol(pool, "TSLA", "Tesla")
    for day in range(1, 31):
        await seed.add_bucket(pool, "AAPL", now - day * DAY, [0.1] * 20)
        await seed.add_bucket(pool, "005930.KS", now - day * DAY, [0.1])
    await seed.add_bucket(pool, "AAPL", now, [0.1] * 21)
    await seed.add_bucket(pool, "005930.KS", now, [0.1] * 15)
    await seed.add_bucket(pool, "TSLA", now, [0.1] * 99)
    answer = await _get(client, "trending")
    assert [item["symbol"] for item in answer["items"]] == ["005930.KS", "AAPL", "TSLA"]
    assert [item["buzz"] for item in answer["items"]] == [14.0, 0.22, None]
    assert answer["items"][0]["name_ko"] == "삼성전자"
    assert [item["symbol"] for item in (await _get(client, "trending", market="KR"))["items"]] == ["005930.KS"]
    assert [item["symbol"] for item in (await _get(client, "trending", market="US", limit=1))["items"]] == ["AAPL"]


@pytest.mark.usefixtures("apple")
async def test_a_known_scorer_that_never_scored_answers_nothing(client: Client, pool: Pool) -> None:
    await pool.execute("DELETE FROM scorers")
    for path in ("AAPL", "AAPL/series", "AAPL/posts", "trending"):
        assert (await client.get(f"/api/v1/sentiment/{path}")).status_code == 200


async def test_scorers_are_listed_with_the_default(client: Client) -> None:
    items = (await _get(client, "scorers"))["items"]
    assert [item["name"] for item in items if item["default"]] == ["finance@1"]
    assert all(item["description"] for item in items)
