"""The stream of changes over a real socket: what is sent to whom, in which shape, and how it goes on."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from api.live import schemas
from api.live.feed import RECENT
from lib.db.changes.pruning import prune_changes
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed
from tests.support.accounts import become, settings_of
from tests.support.served import Served, served
from tests.support.sse import Listening, listening

STREAM = "/api/v1/sentiment/stream"
DAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)

_SHAPES: dict[str, Any] = {
    "sentiment": schemas.SentimentEvent,
    "bars": schemas.BarsEvent,
    "listings": schemas.ListingsEvent,
    "coverage": schemas.CoverageEvent,
    "status": schemas.StatusEvent,
    "reset": schemas.ResetEvent,
}


@pytest.fixture
async def web(pool: Pool, database_url: str) -> AsyncIterator[Served]:
    """The application with two listings and one scorer."""
    await seed.add_scorer(pool)
    for symbol in ("AAPL", "MSFT"):
        await seed.add_symbol(pool, symbol)
    async with served(Settings(database_url=database_url, api_port=0)) as running:
        yield running


def told(heard: Listening) -> list[tuple[str, str]]:
    """Kind and symbol of what is about data."""
    return [(event.name, event.data.get("symbol", "")) for event in heard.data]


async def test_what_is_committed_is_heard(pool: Pool, web: Served) -> None:
    async with listening(web.client) as heard:
        headers = heard.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert "no-store" in headers["cache-control"]
        assert headers["x-accel-buffering"] == "no"
        assert "etag" not in headers
        assert (heard.events[0].name, heard.events[0].data) == ("status", {"source": "ok"})
        assert 1_000 <= heard.retry_ms <= 4_000
        begun = asyncio.get_running_loop().time()
        await seed.add_bucket(pool, "AAPL", DAY, [0.5, -0.2, 0.1], copies=1)
        await heard.until(lambda it: len(it.data) == 1)
        assert asyncio.get_running_loop().time() - begun < 1
        (event,) = heard.data
        assert event.name == "sentiment"
        observed = datetime.fromisoformat(event.data.pop("observed_at"))
        assert datetime.now(UTC) - observed < timedelta(minutes=1)
        assert event.data == {
            "symbol": "AAPL",
            "scorer": "finance@1",
            "since": "2026-03-02T14:30:00Z",
            "until": "2026-03-02T14:35:00Z",
            "changed": 1,
            "removed": 0,
            "buckets": [
                {
                    "start": "2026-03-02T14:30:00Z", "source": "reddit", "posts": 3, "authors": 3, "positive": 2,
                    "negative": 1, "score": 0.133333, "filtered_posts": 2, "filtered_positive": 1,
                    "filtered_negative": 1, "filtered_score": 0.15,
                }
            ],
        }  # fmt: skip


async def test_every_event_has_the_shape_that_is_documented(pool: Pool, web: Served) -> None:
    async with listening(web.client, kinds="sentiment,bars,listings,coverage") as heard:
        await seed.add_bucket(pool, "AAPL", DAY, [0.5])
        await seed.add_bar(pool, "AAPL", DAY, "187.25")
        await seed.add_coverage(pool, "reddit", "posts", DAY)
        await seed.add_symbol(pool, "NEW", name_ko="새")
        await pool.execute("UPDATE symbols SET symbol = 'NEWER' WHERE symbol = 'NEW'")
        await pool.execute("DELETE FROM bars")
        await pool.execute("TRUNCATE bars")
        await heard.until(lambda it: bool(it.named("reset")))
        assert told(heard) == [
            ("sentiment", "AAPL"), ("bars", "AAPL"), ("coverage", ""), ("listings", "NEW"), ("listings", "NEW"),
            ("listings", "NEWER"), ("bars", "AAPL"),
        ]  # fmt: skip
        for event in heard.events:
            read = msgspec.convert(event.data, _SHAPES[event.name], strict=False)
            assert event.data.keys() == {field.name for field in msgspec.structs.fields(read)}
        removed = heard.data[-1].data
        assert (removed["removed"], removed["bars"]) == (1, [])
        assert heard.named("reset")[0].data == {"reason": "everything"}


async def test_symbols_kinds_and_scorer_are_filters(pool: Pool, web: Served) -> None:
    await seed.add_scorer(pool, "vader@1")
    async with (
        listening(web.client) as everything,
        listening(web.client, symbols="aapl, $AAPL") as aapl,
        listening(web.client, kinds="bars") as bars,
        listening(web.client, scorer="vader@1", kinds="sentiment") as vader,
        listening(web.client, symbols="MSFT", kinds="listings") as listings,
    ):
        await seed.add_bar(pool, "MSFT", DAY, 10)
        await seed.add_bucket(pool, "MSFT", DAY, [0.5], scorer="vader@1")
        await seed.add_bucket(pool, "AAPL", DAY, [0.5])
        await seed.add_bar(pool, "AAPL", DAY, 10)
        await pool.execute("UPDATE symbols SET name = 'Microsoft' WHERE symbol = 'MSFT'")
        await listings.until(lambda it: bool(it.data))
        await everything.until(lambda it: len(it.data) == 3)
        assert told(everything) == [("bars", "MSFT"), ("sentiment", "AAPL"), ("bars", "AAPL")]
        assert told(aapl) == [("sentiment", "AAPL"), ("bars", "AAPL")]
        assert told(bars) == [("bars", "MSFT"), ("bars", "AAPL")]
        assert told(vader) == [("sentiment", "MSFT")]
        assert told(listings) == [("listings", "MSFT")]


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("symbols=AAPL,NOPE", 404, "symbol"),
        ("symbols=" + ",".join(f"S{n}" for n in range(101)), 400, "symbols"),
        ("kinds=bars,rumours", 400, "kinds"),
        ("kinds=posts", 400, "kinds"),
        ("scorer=nobody@7", 400, "scorer"),
        ("since=1", 400, "since"),
    ],
)
async def test_wrong_questions_are_answered(web: Served, query: str, status: int, parameter: str) -> None:
    answer = await web.client.get(f"{STREAM}?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (status, parameter)
    assert len(web.feed._admitted) == 0


async def test_a_broken_stream_goes_on_where_it_broke(pool: Pool, web: Served) -> None:
    async with listening(web.client, symbols="AAPL") as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: len(it.data) == 1)
    for n in range(2, 6):
        await seed.add_bar(pool, "AAPL", DAY, n)
        await seed.add_bar(pool, "MSFT", DAY, n)
    async with listening(web.client, symbols="AAPL", last_id=heard.last_id) as again:
        await seed.add_bar(pool, "AAPL", DAY, 6)
        await again.until(lambda it: len(it.data) >= 5)
        assert [event.data["bars"][0]["close"] for event in again.data] == [2, 3, 4, 5, 6]
        assert again.events[0].id == heard.last_id
    async with listening(web.client, symbols="AAPL", last_event_id=again.data[2].id) as later:
        await later.until(lambda it: len(it.data) >= 2)
        assert [event.data["bars"][0]["close"] for event in later.data] == [5, 6]
    # a client that reconnects by itself sends the old address and the new header
    async with listening(web.client, last_id=again.data[3].id, symbols="AAPL", last_event_id=heard.last_id) as newest:
        await newest.until(lambda it: len(it.data) >= 1)
        assert [event.data["bars"][0]["close"] for event in newest.data] == [6]


async def test_what_is_no_longer_in_memory_comes_from_the_database(pool: Pool, web: Served) -> None:
    async with listening(web.client, symbols="AAPL") as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: len(it.data) == 1)
    async with pool.acquire() as conn:
        for n in range(2 * RECENT // 100):
            await conn.execute(
                "SELECT note_changes(array_agg(('bars', CASE n % 4 WHEN 0 THEN 'AAPL' ELSE 'MSFT' END, n::text, "
                "$2::date, $2::date, 1, 0, NULL, '[]')::change)) FROM generate_series($1 * 100, $1 * 100 + 99) AS n",
                n,
                DAY.date(),
            )
    async with listening(web.client, symbols="AAPL", last_id=heard.last_id) as again:
        for n in range(50):
            await seed.add_bar(pool, "AAPL", DAY, 100 + n)
        await again.until(lambda it: len(it.data) >= RECENT // 2 + 50)
        numbers = [event.data["interval"] for event in again.data]
        assert sorted(map(int, numbers[: RECENT // 2])) == list(range(0, 2 * RECENT, 4))
        assert [event.data["bars"][0]["close"] for event in again.data[RECENT // 2 :]] == list(range(100, 150))
        ids = [int(event.id.partition("-")[0]) for event in again.data]
        assert ids == sorted(set(ids))
        assert again.named("reset") == []


async def test_an_id_that_cannot_be_gone_on_from_is_said(pool: Pool, web: Served, database_url: str) -> None:
    async with listening(web.client) as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: len(it.data) == 1)
    seq, _, at = heard.last_id.partition("-")
    await seed.add_bar(pool, "AAPL", DAY, 2)
    await pool.execute("UPDATE changes SET at = at - INTERVAL '3 days' WHERE seq <= $1", int(seq))
    for last_id, reason in (
        (f"{seq}-{int(at) + 1}", "unknown"),
        (f"{int(seq) + 1000}-{at}", "unknown"),
        ("nonsense", "unknown"),
    ):
        async with listening(web.client, last_id=last_id) as other:
            await other.until(lambda it: bool(it.named("reset")))
            assert other.named("reset")[0].data == {"reason": reason}
            assert other.data == []
    await prune_changes(pool, keep=timedelta(hours=48))
    async with served(Settings(database_url=database_url, api_port=0)) as restarted:
        async with listening(restarted.client, last_id=heard.last_id) as late:
            await late.until(lambda it: bool(it.named("reset")))
            assert late.named("reset")[0].data == {"reason": "expired"}
            # and it is a stream like any other from there
            await seed.add_bar(pool, "AAPL", DAY, 3)
            await late.until(lambda it: bool(it.data))
        async with listening(restarted.client, last_id=late.named("reset")[0].id) as again:
            await again.until(lambda it: bool(it.data))
            assert [event.data["bars"][0]["close"] for event in again.data] == [3]


async def test_heartbeats_move_the_id_past_what_was_not_wanted(pool: Pool, database_url: str) -> None:
    await seed.add_scorer(pool)
    for symbol in ("AAPL", "MSFT"):
        await seed.add_symbol(pool, symbol)
    async with served(Settings(database_url=database_url, api_port=0, stream_heartbeat_seconds=0.2)) as web:
        async with listening(web.client, symbols="AAPL") as heard:
            first = heard.last_id
            await seed.add_bar(pool, "MSFT", DAY, 1)
            await heard.until(lambda it: it.comments >= 3)
            assert heard.last_id != first
            assert heard.data == []
        await seed.add_bar(pool, "AAPL", DAY, 2)
        async with listening(web.client, symbols="AAPL", last_id=heard.last_id) as again:
            await again.until(lambda it: bool(it.data))
            assert len(again.data) == 1


async def test_there_are_only_so_many(pool: Pool, database_url: str) -> None:
    limits = {"stream_listeners": 3, "stream_listeners_per_address": 2}
    async with served(Settings(database_url=database_url, api_port=0, **limits)) as web:  # type: ignore[arg-type]
        async with listening(web.client), listening(web.client):
            answer = await web.client.get(STREAM)
            assert (answer.status_code, answer.json()["type"]) == (429, "urn:insitechart:too-many-streams")
            assert int(answer.headers["retry-after"]) > 0
            elsewhere = web.feed.admit(next(iter(web.feed._admitted)).wanted, "another address")
            answer = await web.client.get(STREAM)
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:insitechart:too-many-streams")
            assert int(answer.headers["retry-after"]) > 0
            web.feed.dismiss(elsewhere)
        async with asyncio.timeout(5):
            while web.feed._admitted:  # noqa: ASYNC110 - the server notices it by itself
                await asyncio.sleep(0.01)
        async with listening(web.client):
            pass


async def test_a_network_of_ipv6_is_one_address(pool: Pool, database_url: str) -> None:
    settings = Settings(
        database_url=database_url, api_port=0, stream_listeners_per_address=2, trusted_proxies=("127.0.0.1",)
    )
    async with served(settings) as web, AsyncExitStack() as stack:
        for number in range(2):
            from_there = {"X-Forwarded-For": f"2001:db8:1:2::{number}"}
            answer = await stack.enter_async_context(web.client.stream("GET", STREAM, headers=from_there))
            assert answer.status_code == 200
        refused = await web.client.get(STREAM, headers={"X-Forwarded-For": "2001:db8:1:2:ffff::9"})
        assert refused.status_code == 429
        elsewhere = {"X-Forwarded-For": "2001:db8:1:3::1"}
        assert (await stack.enter_async_context(web.client.stream("GET", STREAM, headers=elsewhere))).status_code == 200


async def test_where_reads_are_closed_a_stream_lasts_no_longer_than_a_token(
    pool: Pool, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.controller.PROVEN_S", 0.5)
    async with served(settings_of(database_url, tmp_path, api_port=0, public_reads=False)) as web:
        assert (await web.client.get(STREAM)).status_code == 401
        await become(cast("Any", web.client), pool, "user")
        async with asyncio.timeout(10), web.client.stream("GET", STREAM) as answer:
            text = (await answer.aread()).decode()
        assert "event: status" in text
        # it ended as streams do, so a client comes back by itself, and proves anew who it is
        await pool.execute("UPDATE users SET disabled_at = now()")
        async with asyncio.timeout(10):
            while (await web.client.get(STREAM)).status_code != 401:  # noqa: ASYNC110 - it is remembered for a while
                await asyncio.sleep(0.2)


async def test_who_does_not_read_is_cut_off_and_can_go_on(
    pool: Pool, web: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.serving.LINGER_S", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port, limit=1024)
    writer.write(f"GET {STREAM}?kinds=bars HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head
    text = json.dumps([{"start": "", "filler": "x" * 20_000}])
    async with listening(web.client, kinds="bars") as other:
        sent = 0
        async with asyncio.timeout(20), pool.acquire() as conn:
            while len(web.feed._admitted) > 1:
                await conn.execute(
                    "SELECT note_changes(ARRAY[('bars', 'AAPL', '1d', $2::date, $2::date, 1, 0, NULL, $1::text::jsonb)"
                    "::change])",
                    text,
                    DAY.date(),
                )
                sent += 1
                # who reads is not disturbed
                await other.until(lambda it: len(it.data) == sent)  # noqa: B023
        metrics = (await web.client.get("/metrics")).text
        assert 'insitechart_stream_listeners_ended_total{reason="slow"}' in metrics
        async with asyncio.timeout(10):
            while len(web.server.server_state.connections) > 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    rest = b""
    try:
        while chunk := await reader.read(65536):
            rest += chunk
    except ConnectionResetError:
        pass
    whole = rest.rpartition(b"\n\n")[0]
    last_id = whole.rpartition(b"id: ")[2].partition(b"\n")[0].decode()
    async with listening(web.client, kinds="bars", last_id=last_id) as again:
        await again.until(lambda it: it.last_id == other.last_id)
        assert 0 < len(again.data) < sent
    writer.close()


async def test_it_is_measured_apart_from_requests(pool: Pool, web: Served) -> None:
    route = 'method="GET",route="/api/v1/sentiment/stream"'
    async with listening(web.client) as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: bool(it.data))
        metrics = (await web.client.get("/metrics")).text
        assert "insitechart_stream_listeners 1.0" in metrics
        # the scrape itself, and no stream
        assert "insitechart_http_requests_under_way 1.0" in metrics
        assert f'insitechart_http_request_duration_seconds_bucket{{le="5.0",{route}}}' in metrics
        assert "insitechart_changes_lag_seconds" in metrics
        assert 'insitechart_changes_read_total{kind="bars"}' in metrics


async def test_the_example_of_the_documentation_works(pool: Pool, web: Served) -> None:
    page = Path("docs/streaming.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    code = code.replace("http://127.0.0.1:8000", str(web.client.base_url)).replace(
        "print(kind, change)", "print(kind, change['bars'][0]['close'], flush=True)"
    )
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert program.stdout is not None
    try:
        async with asyncio.timeout(20):
            while not web.feed._slot_of:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            for n in range(3):
                await seed.add_bar(pool, "AAPL", DAY, n)
                assert await program.stdout.readline() == f"bars {n}\n".encode()
            # a broken connection goes unnoticed by whoever reads the changes
            for listener in tuple(web.feed._slot_of):
                listener.cut()
            await seed.add_bar(pool, "MSFT", DAY, 3)
            assert await program.stdout.readline() == b"bars 3\n"
    finally:
        program.terminate()
        await program.wait()


async def test_it_is_documented(web: Served) -> None:
    document = (await web.client.get("/openapi.json")).json()
    operation = document["paths"]["/api/v1/sentiment/stream"]["get"]
    shapes = operation["responses"]["200"]["content"]["text/event-stream"]["schema"]["oneOf"]
    assert {shape["$ref"].rsplit("/", 1)[-1] for shape in shapes} == {shape.__name__ for shape in _SHAPES.values()}
    assert {"400", "404", "429", "503"} <= operation["responses"].keys()
    assert "304" not in operation["responses"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"symbols", "kinds", "scorer", "last_event_id", "Last-Event-ID"} <= names


async def test_kept_answers_are_as_new_as_what_was_heard(pool: Pool, web: Served) -> None:
    """The same bytes until something of the symbol changed, and new ones then; of others they stay."""
    url = "/api/v1/stocks/AAPL/bars"
    async with listening(web.client, symbols="AAPL") as heard:
        tags = [(await web.client.get(url)).headers["etag"] for _ in range(3)]
        assert len(set(tags)) == 1
        for n in range(1, 4):
            await seed.add_bar(pool, "AAPL", DAY + timedelta(days=n), n)
            await heard.until(lambda it, n=n: len(it.data) == n)  # type: ignore[misc]
            # whoever hears of a change and then asks gets it
            answer = await web.client.get(url)
            assert answer.json()["close"][-1] == n
            assert answer.headers["etag"] not in tags
            tags.append(answer.headers["etag"])
