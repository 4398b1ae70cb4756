"""GET /stocks/{symbol}/bars: what comes, in which range, cut how, adjusted, as CSV."""

from datetime import UTC, datetime, timedelta

from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool
from tests.support import seed

Client = AsyncTestClient[Litestar]

FIRST = datetime(2014, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


async def _ten_days(pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    for day in range(10):
        await seed.add_bar(pool, "AAPL", FIRST + day * DAY, 100 + day, adj_close=50 + day / 2)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


async def test_bars_come_as_columns_oldest_first(pool: Pool, client: Client) -> None:
    await _ten_days(pool)
    answer = (await client.get("/api/v1/stocks/aapl/bars")).json()
    assert (answer["symbol"], answer["interval"]) == ("AAPL", "1d")
    assert answer["start"] == [_ms(FIRST + day * DAY) for day in range(10)]
    assert answer["close"] == [100 + day for day in range(10)]
    assert answer["open"] == [99 + day for day in range(10)]
    assert answer["volume"] == [100] * 10
    assert (answer["truncated"], answer["next"], answer["as_of"], answer["sample"]) == (False, None, None, False)


async def test_a_bare_end_date_includes_its_day_and_a_moment_is_excluded(pool: Pool, client: Client) -> None:
    await _ten_days(pool)
    days = (await client.get("/api/v1/stocks/AAPL/bars?start=2014-01-02&end=2014-01-04")).json()
    assert days["close"] == [101, 102, 103]
    moments = (
        await client.get("/api/v1/stocks/AAPL/bars?start=2014-01-02T00:00:00Z&end=2014-01-04T09:00:00%2B09:00")
    ).json()
    assert moments["close"] == [101, 102]


async def test_a_cut_range_says_so_and_next_leads_through_all_of_it(pool: Pool, client: Client) -> None:
    await _ten_days(pool)
    closes: list[float] = []
    end: str | None = "2014-01-09"
    pages = 0
    while end:
        page = (await client.get("/api/v1/stocks/AAPL/bars", params={"end": end, "limit": 4})).json()
        assert page["truncated"] is (page["next"] is not None)
        closes = page["close"] + closes
        end, pages = page["next"], pages + 1
    assert closes == [100 + day for day in range(9)]
    assert pages == 3


async def test_adjusted_scales_prices_by_what_the_close_was_adjusted(pool: Pool, client: Client) -> None:
    await _ten_days(pool)
    await seed.add_bar(pool, "AAPL", FIRST + 10 * DAY, 7)
    answer = (await client.get("/api/v1/stocks/AAPL/bars?adjusted=true")).json()
    assert answer["close"] == [*answer["adj_close"][:10], 7]
    assert answer["open"][0] == 49.5
    assert answer["adj_close"][10] is None


async def test_prices_pass_through_as_the_database_has_them(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    await seed.add_bar(pool, "AAPL", FIRST, "123456789.123456789012345678")
    assert '"close" : [123456789.123456789012345678]' in (await client.get("/api/v1/stocks/AAPL/bars")).text


async def test_intervals_and_symbols_do_not_mix(pool: Pool, client: Client) -> None:
    await _ten_days(pool)
    await seed.add_symbol(pool, "BRK-B")
    await seed.add_bar(pool, "AAPL", FIRST, 1, interval="1m")
    await seed.add_bar(pool, "BRK-B", FIRST, 2, interval="1m", source="sample")
    apple = (await client.get("/api/v1/stocks/AAPL/bars?interval=1m")).json()
    berkshire = (await client.get("/api/v1/stocks/$brk-b/bars?interval=1m")).json()
    assert (apple["close"], apple["sample"]) == ([1], False)
    assert (berkshire["close"], berkshire["sample"], berkshire["symbol"]) == ([2], True, "BRK-B")


async def test_a_stock_without_bars_has_empty_columns(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    answer = await client.get("/api/v1/stocks/AAPL/bars?interval=1h")
    assert answer.status_code == 200
    assert answer.json()["close"] == answer.json()["start"] == []


async def test_the_same_table_comes_as_csv(pool: Pool, client: Client) -> None:
    await _ten_days(pool)
    answer = await client.get("/api/v1/stocks/AAPL/bars?limit=2", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.split()
    assert lines[0] == "start,open,high,low,close,adj_close,volume"
    assert lines[2] == f"{_ms(FIRST + 9 * DAY)},108,111,107,109,54.5,100"
