"""GET /stocks and GET /stocks/{symbol}: finding and showing listings."""

from datetime import UTC, datetime
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

import api.catalogue
from lib.db.pool import Pool
from tests.support import seed

Client = AsyncTestClient[Litestar]


async def _find(client: Client, **parameters: Any) -> dict[str, Any]:
    answer = await client.get("/api/v1/stocks", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _some(pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.", name_ko="애플")
    await seed.add_symbol(
        pool, "005930.KS", "Samsung Electronics Co., Ltd.", name_ko="삼성전자", exchange="KRX", currency="KRW"
    )
    await seed.add_symbol(pool, "000660.KS", "SK hynix Inc.", name_ko="SK하이닉스", exchange="KRX", currency="KRW")


@pytest.mark.parametrize("q", ["삼성전자", "ㅅㅅㅈㅈ", "samsnug electronics", "005930", "005930.ks"])
async def test_a_stock_is_found_by_whatever_people_type(pool: Pool, client: Client, q: str) -> None:
    await _some(pool)
    first = (await _find(client, q=q))["items"][0]
    assert (first["symbol"], first["currency"], first["name_ko"]) == ("005930.KS", "KRW", "삼성전자")
    assert 0 < first["match"]["score"] <= 1


async def test_without_a_question_all_are_listed_by_symbol_in_pages(pool: Pool, client: Client) -> None:
    await _some(pool)
    first = await _find(client, limit=2)
    assert [item["symbol"] for item in first["items"]] == ["000660.KS", "005930.KS"]
    assert first["items"][0]["match"] is None
    rest = await _find(client, limit=2, cursor=first["next"])
    assert ([item["symbol"] for item in rest["items"]], rest["next"]) == (["AAPL"], None)


async def test_search_pages_too(pool: Pool, client: Client) -> None:
    for number in range(5):
        await seed.add_symbol(pool, f"AB{number}", f"Abacus {number}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await _find(client, q="abacus", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["symbol"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [f"AB{number}" for number in range(5)]


async def test_a_new_listing_is_found_soon(pool: Pool, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.catalogue, "FRESH_S", 0.0)
    await _some(pool)
    assert (await _find(client, q="tesla"))["items"] == []
    await seed.add_symbol(pool, "TSLA", "Tesla, Inc.", sample=True)
    assert [item["symbol"] for item in (await _find(client, q="tesla"))["items"]] == ["TSLA"]


async def test_detail_shows_the_listing_with_the_newest_of_it(pool: Pool, client: Client) -> None:
    await _some(pool)
    bare = (await client.get("/api/v1/stocks/aapl")).json()
    assert (bare["symbol"], bare["last_bar"], bare["last_sentiment"]) == ("AAPL", None, None)
    await seed.add_scorer(pool)
    monday, tuesday = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    await seed.add_bar(pool, "AAPL", monday, 187.5)
    await seed.add_bar(pool, "AAPL", tuesday, 188.25)
    await seed.add_bucket(pool, "AAPL", monday, [0.9] * 9)
    await seed.add_bucket(pool, "AAPL", tuesday, [0.5, -0.1], authors=[1, 2])
    await seed.add_bucket(pool, "AAPL", tuesday.replace(hour=3), [0.5], authors=[2], source="x")
    full = (await client.get("/api/v1/stocks/AAPL")).json()
    assert (full["last_bar"]["start"], full["last_bar"]["close"]) == ("2026-03-03T00:00:00Z", 188.25)
    said = full["last_sentiment"]
    assert (said["day"], said["posts"], said["authors"], said["label"]) == ("2026-03-03", 3, 2, "positive")
    assert said["score"] == 0.3


async def test_a_text_is_read_with_its_reasons_and_mentions(pool: Pool, client: Client) -> None:
    await _some(pool)
    answer = await client.post("/api/v1/sentiment/analyze", json={"text": "$AAPL is great, I love it"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["label"], body["scorer"]) == ("positive", "finance@1")
    assert sum(term["weight"] for term in body["explanation"]) == pytest.approx(body["raw"])
    assert [(mention["symbol"], mention["method"]) for mention in body["mentions"]] == [("AAPL", "cashtag")]
