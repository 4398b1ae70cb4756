"""Kept answers that are given at once: the same bytes as by the usual way, to whatever is asked."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from api.__main__ import server_config
from api.app import create_app
from api.at_once import Reply, at_once_of, never
from api.hot.answers import HotAnswers
from api.walls.guesses import Guesses
from api.walls.protocol import GuardedProtocol
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed
from tests.support.hot import kept_open
from tests.support.trials import trials
from tests.support.versions import CountedVersions
from tests.support.wires import Connection, UsualProtocol

BARS = "/api/v1/stocks/AAPL/bars"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
PLAIN = f"GET {BARS} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

_TARGETS = (
    BARS, f"{BARS}?limit=1", f"{BARS}?limit=0", f"{BARS}?limit=20000", f"{BARS}?nothing=1", f"{BARS}?", f"{BARS}#x",
    f"{BARS}?as_of=2026-11-01T00:00:00Z", f"{BARS}/", "/api/v1/stocks?q=apple", "/api/v1/stocks/%24aapl/bars",
    "/api/v1/stocks/%41APL", "/api/v1//stocks/AAPL", "/api/v1/x/../stocks/AAPL", "/api/v1/stocks/AAPL%2fbars",
    "/api/v1/sentiment/AAPL", "/api/v1/sentiment/trending", "/api/v1/stocks/NONE/bars", "/api/v1/nothing",
    "/health/live", "http://localhost" + BARS, "http://evil.example" + BARS, "/api/v1/stocks/" + "A" * 1100, "*",
)  # fmt: skip
_HEADERS = (
    "Host: evil.example", "Host: LOCALHOST:8000", "Accept: text/csv", "Accept: text/csv;q=0.1, application/json",
    "Accept-Encoding: zstd", "Accept-Encoding: gzip, br", "accept-encoding: identity;q=1, gzip;q=0.5",
    "If-None-Match: *", 'If-None-Match: "x", W/{tag}', "If-None-Match: {tag}", 'If-None-Match: "nothing"',
    "Origin: https://app.example.com", "Origin: https://evil.example", "Authorization: Bearer nonsense",
    "Authorization: Basic eDp5", "X-API-Key: nonsense", "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.9",
    "X-Forwarded-For: 192.0.2.8, 1.2.3.4", "X-Forwarded-Proto: https", "X-Request-ID: mine-1", "X-Request-ID: b d",
    "Connection: close", "Connection: keep-alive", "Connection: Upgrade", "Upgrade: websocket", "Expect: 100-continue",
    "Content-Length: 0", "Content-Length: x", "Cookie: a=b", "Access-Control-Request-Method: GET", "X: " + "y" * 17_000,
)  # fmt: skip


class Request(NamedTuple):
    """A head, in as many pieces as it comes in; `waits` until what came before is answered."""

    head: str
    pieces: int
    waits: bool


_LINES = st.lists(st.sampled_from(_HEADERS), max_size=4, unique=True)
_HEADS = st.builds(
    lambda method, target, version, host, lines: "\r\n".join(
        [f"{method} {target} HTTP/{version}", *(["Host: localhost"] if host else []), *lines, "", ""]
    ),
    st.sampled_from(["GET"] * 8 + ["HEAD", "OPTIONS"]),
    st.sampled_from((BARS,) * 10 + _TARGETS),
    st.sampled_from(["1.1"] * 6 + ["1.0", "2.0"]),
    st.sampled_from([True] * 6 + [False]),
    _LINES,
)
_REQUESTS = st.lists(
    st.builds(Request, _HEADS, st.sampled_from([1, 1, 1, 2, 5]), st.booleans()), min_size=1, max_size=4
)


class Ways(NamedTuple):
    """How an application is served that keeps answers, and the moment that all clocks show."""

    config: uvicorn.Config
    moment: list[float]

    def rest(self) -> None:
        """Whoever used up a budget has a full one again."""
        self.moment[0] += 60


@pytest.fixture
async def ways(pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ways]:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    await seed.add_scorer(pool)
    for day in range(1, 28):
        await seed.add_bar(pool, "AAPL", MONDAY.replace(day=day), 187.5 + day)
    moment = [MONDAY.timestamp()]
    monkeypatch.setattr("lib.cache.limits.monotonic", lambda: moment[0])
    monkeypatch.setattr("api.hot.reads.time", lambda: MONDAY.timestamp())
    chosen = Settings(
        database_url=database_url,
        cors_origins=["https://app.example.com"],
        trusted_proxies=["127.0.0.1"],
        limits_anonymous_reads=3,
    )
    app = create_app(chosen, versions=CountedVersions("here"))
    async for _ in kept_open(app.lifespan()):
        opened = Ways(server_config(chosen, app), moment)
        for headers in ("", "Accept-Encoding: gzip\r\n", "Accept-Encoding: zstd\r\n"):
            await _asked(opened, PLAIN[:-2] + headers.encode() + b"\r\n")
        opened.rest()
        yield opened


async def _asked(ways: Ways, head: bytes) -> bytes:
    connection = Connection(ways.config, UsualProtocol)
    try:
        return await connection.ask(head)
    finally:
        connection.end()


async def _told(connection: Connection, requests: list[Request], tag: str) -> tuple[bytes, bool]:
    """All that is written, without what no two answers share, and whether the connection ended."""
    for request in requests:
        if "Content-Length: x" in request.head:
            # uvicorn answers what it cannot read before what is still due
            await connection.settle()
        data = request.head.replace("{tag}", tag).encode("latin-1")
        size = -(-len(data) // request.pieces)
        for start in range(0, len(data), size):
            connection.feed(data[start : start + size])
        if request.waits:
            await connection.settle()
    await connection.settle()
    found = connection.wire.written, connection.wire.is_closing()
    connection.end()
    own = rb'(?<![0-9a-f"])[0-9a-f]{32}(?![0-9a-f])|(?<="request_id":")[0-9a-f]{32}'
    return re.sub(own, b"(made)", found[0]), found[1]


@settings(max_examples=trials(200, 80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=_REQUESTS)
async def test_both_ways_answer_alike(ways: Ways, requests: list[Request]) -> None:
    ways.rest()
    tag = re.search(rb"etag: (\S+)", await _asked(ways, PLAIN))
    assert tag is not None
    found = []
    # what was computed on the usual way is at hand for the other
    for protocol in (UsualProtocol, GuardedProtocol):
        ways.rest()
        found.append(await _told(Connection(ways.config, protocol), requests, tag[1].decode()))
    assert found[0] == found[1]


@pytest.fixture
async def connection(ways: Ways) -> AsyncIterator[Connection]:
    """To the application that answers at once; what it is asked for is kept."""
    opened = Connection(ways.config)
    yield opened
    opened.end()


@pytest.mark.parametrize("header", [b"", b"If-None-Match: *\r\n", b"Accept-Encoding: gzip\r\n", b"Cookie: a=b\r\n"])
async def test_what_is_kept_is_there_before_anything_else_runs(connection: Connection, header: bytes) -> None:
    connection.feed(PLAIN[:-2] + header + b"\r\n")
    assert connection.wire.written.startswith(b"HTTP/1.1 304" if b"*" in header else b"HTTP/1.1 200")
    assert (connection.wire.calls, len(connection.state.tasks), connection.state.total_requests) == (1, 0, 1)


@pytest.mark.parametrize(
    "head",
    [
        PLAIN.replace(b"GET", b"HEAD"),
        PLAIN.replace(b"/1.1", b"/1.0"),
        PLAIN.replace(b"AAPL", b"MSFT"),
        PLAIN[:-2] + b"Connection: close\r\n\r\n",
        PLAIN[:-2] + b"Authorization: Bearer x\r\n\r\n",
        PLAIN[:-2] + b"Content-Length: 0\r\n\r\n",
        PLAIN[:-2] + b"Accept: text/csv\r\n\r\n",
        PLAIN.replace(b"localhost", b"evil.example"),
    ],
)
async def test_everything_else_goes_the_usual_way(connection: Connection, head: bytes) -> None:
    connection.feed(head)
    assert (connection.wire.written, len(connection.state.tasks)) == (b"", 1)
    await connection.settle()
    assert connection.wire.written.startswith(b"HTTP/1.1 ")


async def test_it_is_counted_and_told_of_as_ever(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr("api.observed.write_request_line", lambda **line: lines.append(line))
    counted: list[tuple[float, ...]] = []
    for protocol in (GuardedProtocol, UsualProtocol):
        ways.rest()
        before = _counts()
        connection = Connection(ways.config, protocol)
        answer = await connection.ask(PLAIN)
        connection.end()
        counted.append(tuple(after - count for after, count in zip(_counts(), before, strict=True)))
        assert f"x-request-id: {lines[-1].pop('request_id')}\r\n".encode() in answer
        assert lines[-1].pop("duration_ms") >= 0
    assert counted == [(1.0, 1.0, 1.0)] * 2
    assert lines[0] == lines[1]


def _counts() -> tuple[float, ...]:
    route = {"method": "GET", "route": "/api/v1/stocks/{symbol}/bars"}
    found = (
        REGISTRY.get_sample_value("insitechart_http_requests_total", {**route, "status": "200"}),
        REGISTRY.get_sample_value("insitechart_http_request_duration_seconds_count", route),
        REGISTRY.get_sample_value("insitechart_answers_total", {"origin": "memory"}),
    )
    return tuple(value or 0.0 for value in found)


async def test_a_client_that_does_not_read_is_given_nothing_more(ways: Ways) -> None:
    connection = Connection(ways.config, room=100)
    connection.feed(PLAIN * 3)
    await connection.settle()
    assert connection.wire.written.count(b"HTTP/1.1 200") == 1
    connection.wire.drain()
    await connection.settle()
    assert connection.wire.written.count(b"HTTP/1.1 200") == 2
    connection.end()
    await connection.settle()


async def test_a_connection_that_ended_or_is_to_end_is_not_kept(ways: Ways, connection: Connection) -> None:
    connection.feed(PLAIN)
    connection.protocol.shutdown()
    assert connection.wire.is_closing()


async def test_the_time_between_two_requests_does_not_end_the_second(connection: Connection) -> None:
    connection.feed(PLAIN + PLAIN[:20])
    assert connection.protocol.timeout_keep_alive_task is None
    await connection.ask(PLAIN[20:])
    assert connection.wire.written.count(b"HTTP/1.1 200") == 2
    assert connection.protocol.timeout_keep_alive_task is not None


async def test_an_unexpected_error_is_left_to_the_usual_way(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Reply:
        raise ZeroDivisionError

    monkeypatch.setattr(connection.protocol, "_at_once", broken)
    assert (await connection.ask(PLAIN)).startswith(b"HTTP/1.1 200")


def test_a_layer_without_a_way_of_its_own_is_not_passed_by() -> None:
    class Inner:
        inner_at_once = None

        def at_once(self, _: object) -> Reply:
            return Reply(200, [], b"", "/")

    async def unaware(*_: object) -> None:
        """It cannot say anything at once."""

    assert Guesses(Inner(), 1).at_once({"headers": []}) is not None  # type: ignore[arg-type, typeddict-item]
    assert at_once_of(Guesses(unaware, 1)) is never
    assert at_once_of(HotAnswers(unaware, versions=CountedVersions(), room=0)) is never
