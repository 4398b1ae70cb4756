"""An as-of answer never changes again, byte for byte, whatever is imported, corrected, rescored or deleted
afterwards.
"""

import random
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool, connect
from tests.support import seed

Client = AsyncTestClient[Litestar]

DAY = timedelta(days=1)
SYMBOLS = ("AAPL", "005930.KS")

PATHS = (
    "/api/v1/stocks/{symbol}/bars?limit=7",
    "/api/v1/stocks/{symbol}/bars?adjusted=true&start=2020-01-01",
    "/api/v1/stocks/{symbol}/bars?interval=1m",
    "/api/v1/stocks/{symbol}/insight?limit=9",
    "/api/v1/stocks/{symbol}/insight?interval=1m",
    "/api/v1/sentiment/{symbol}?window=7d",
    "/api/v1/sentiment/{symbol}?window=1h&source=reddit",
    "/api/v1/sentiment/{symbol}/series?interval=5m&limit=50",
    "/api/v1/sentiment/{symbol}/series?interval=1d&source=x",
    "/api/v1/sentiment/trending?window=7d",
    "/api/v1/sentiment/coverage?window=7d",
)


async def _learn(pool: Pool, chance: random.Random) -> None:
    """One more thing is learned: a bar, a correction, a bucket, one that shrank, an action, a name, what a source
    gave.
    """
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    symbol = chance.choice(SYMBOLS)
    match chance.randrange(8):
        case 0 | 1:
            start = today - chance.randrange(12) * DAY
            await seed.add_bar(pool, symbol, start, chance.randrange(1, 500), adj_close=chance.randrange(1, 500))
        case 2:
            start = today + timedelta(minutes=chance.randrange(20))
            source = chance.choice(["test", "sample"])
            await seed.add_bar(pool, symbol, start, chance.randrange(1, 500), interval="1m", source=source)
        case 3 | 4 | 5:
            now = datetime.now(UTC)
            start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
            start -= chance.choice([0, 1, 7, 300, 288 * 8]) * timedelta(minutes=5)
            scores = [chance.uniform(-1, 1).__round__(4) for _ in range(chance.randrange(4))]
            hashes = [chance.randrange(1 << 24) for _ in scores]
            await seed.add_bucket(pool, symbol, start, scores, authors=hashes, source=chance.choice(["reddit", "x"]))
        case 6:
            await seed.add_action(pool, symbol, today - chance.randrange(5) * DAY, "dividend", str(chance.random()))
            await pool.execute("UPDATE symbols SET name = $1, updated_at = clock_timestamp()", str(chance.random()))
        case 7:
            state = chance.choice(["ok", "rate_limited"])
            await seed.add_coverage(pool, "reddit", f"posts/{chance.randrange(2)}", datetime.now(UTC), state=state)


async def _answers(client: Client, moment: datetime) -> dict[str, bytes]:
    as_of = quote(moment.isoformat())
    paths = {path.format(symbol=symbol) for path in PATHS for symbol in SYMBOLS}
    answers = {}
    for path in sorted(paths):
        answer = await client.get(f"{path}&as_of={as_of}")
        assert answer.status_code == 200, answer.text
        answers[path] = answer.headers["etag"].encode() + answer.content
    return answers


@pytest.mark.parametrize("number", range(3))
async def test_an_as_of_answer_is_the_same_for_ever(pool: Pool, client: Client, number: int) -> None:
    chance = random.Random(number)
    await seed.add_scorer(pool)
    for symbol in SYMBOLS:
        await seed.add_symbol(pool, symbol)
    told: list[tuple[datetime, dict[str, bytes]]] = []
    for _ in range(6):
        for _ in range(12):
            await _learn(pool, chance)
        moment = await seed.now(pool)
        told.append((moment, await _answers(client, moment)))
    assert len({answers[path] for _, answers in told for path in answers}) > len(told)
    for moment, answers in told:
        assert await _answers(client, moment) == answers


async def test_as_of_now_says_what_no_moment_says(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL")
    chance = random.Random(7)
    for _ in range(40):
        await _learn(pool, chance)
    moment = quote((await seed.now(pool)).isoformat())
    for path in PATHS[:5] + PATHS[7:9]:
        url = path.format(symbol="AAPL")
        then = (await client.get(f"{url}&as_of={moment}")).json()
        now = (await client.get(url)).json()
        assert now | {"as_of": then["as_of"]} == then


async def test_before_anything_was_known_nothing_is_answered(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    moment = quote((await seed.now(pool)).isoformat())
    await seed.add_bar(pool, "AAPL", datetime(2020, 1, 1, tzinfo=UTC), 5)
    assert (await client.get(f"/api/v1/stocks/AAPL/bars?as_of={moment}")).json()["close"] == []


async def test_a_moment_is_answered_once_the_writer_before_it_has_committed(
    pool: Pool, client: Client, database_url: str
) -> None:
    await seed.add_symbol(pool, "AAPL")
    writer = await connect(database_url, application="insitechart-test")
    try:
        async with writer.transaction():
            await seed.add_bar(writer, "AAPL", datetime(2020, 1, 1, tzinfo=UTC), 5)
            moment = quote((await seed.now(pool)).isoformat())
            refused = await client.get(f"/api/v1/stocks/AAPL/bars?as_of={moment}")
            assert refused.status_code == 400
            assert (refused.json()["type"], refused.json()["parameter"]) == ("urn:insitechart:not-settled", "as_of")
            assert "newest settled moment is 20" in refused.json()["hint"]
        assert (await client.get(f"/api/v1/stocks/AAPL/bars?as_of={moment}")).json()["close"] == [5]
    finally:
        await writer.close()


@pytest.mark.parametrize(
    "as_of", ["2026-03-02T10:00:00", "2026-03-02", "yesterday", "infinity", "2999-01-01T00:00:00Z", ""]
)
async def test_what_is_no_settled_moment_with_a_zone_is_refused(reader: Client, as_of: str) -> None:
    answer = await reader.get("/api/v1/stocks/AAPL/bars", params={"as_of": as_of})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "as_of")


async def test_a_moment_long_before_everything_is_settled(reader: Client) -> None:
    for as_of in ("0001-01-01T00:00:00Z", "2020-01-01 00:00:00 09:00"):
        answer = await reader.get("/api/v1/stocks/AAPL/bars", params={"as_of": as_of})
        assert (answer.status_code, answer.json()["close"]) == (200, [])
