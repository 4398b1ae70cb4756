"""The stream of changes over a real socket: what is sent to whom, and in which shape."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from lib.db.pool import Pool
from tests.support import seed
from tests.support.served import Served
from tests.support.sse import listening
from tests.support.streamed import DAY, SHAPES, STREAM, told


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
            read = msgspec.convert(event.data, SHAPES[event.name], strict=False)
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
    assert {shape["$ref"].rsplit("/", 1)[-1] for shape in shapes} == {shape.__name__ for shape in SHAPES.values()}
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
