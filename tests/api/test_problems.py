"""Every way in which a request can fail: status, shape, and that nothing of the inside is told."""

from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.settings import Settings
from lib.trace_ids import trace_id_of

Client = AsyncTestClient[Litestar]

BARS = "/api/v1/stocks/AAPL/bars"


def _problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:insitechart:{kind}"
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"].endswith(".")
    return body


@pytest.mark.parametrize(
    "path",
    ["/stocks/NOPE", "/stocks/NOPE/bars", "/stocks/NOPE/insight", "/stocks/!!!", "/sentiment/NOPE",
     "/sentiment/NOPE/series", "/sentiment/NOPE/posts"],
)  # fmt: skip
async def test_an_unknown_symbol_is_404(reader: Client, path: str) -> None:
    body = _problem(await reader.get(f"/api/v1{path}"), 404, "unknown-symbol")
    assert (body["parameter"], body["instance"]) == ("symbol", f"/api/v1{path}")


@pytest.mark.parametrize(
    ("path", "parameter", "accepted"),
    [
        (f"{BARS}?interval=2d", "interval", "one of 1d, 1h, 1m"),
        (f"{BARS}?limit=0", "limit", "a whole number from 1 to 10000"),
        (f"{BARS}?limit=many", "limit", "a whole number from 1 to 10000"),
        (f"{BARS}?adjusted=perhaps", "adjusted", "true or false"),
        (f"{BARS}?start=2014-13-01", "start", "a date such as"),
        (f"{BARS}?end=2014-01-01T00:00", "end", "RFC 3339"),
        (f"{BARS}?start=2014-01-02&end=2014-01-01", "end", "an end after the start"),
        (f"{BARS}?intervall=1d", "intervall", "adjusted, as_of, end, interval, limit, start"),
        (f"{BARS}?limit=1&limit=2", "limit", "one value"),
        ("/api/v1/stocks/AAPL?as_of=2020-01-01T00:00:00Z", "as_of", "no parameters"),
        ("/api/v1/stocks?cursor=!!", "cursor", "the `next` of the page before"),
        ("/api/v1/stocks?limit=101", "limit", "from 1 to 100"),
        ("/api/v1/sentiment/AAPL?window=2h", "window", "one of 1h, 24h, 7d"),
        ("/api/v1/sentiment/AAPL?scorer=oracle@1", "scorer", "vader@1"),
        ("/api/v1/sentiment/AAPL/series?scorer=oracle@1", "scorer", "vader@1"),
        ("/api/v1/sentiment/AAPL/posts?scorer=oracle@1", "scorer", "vader@1"),
        ("/api/v1/stocks/AAPL/insight?scorer=oracle@1", "scorer", "vader@1"),
        ("/api/v1/sentiment/AAPL/posts?label=good", "label", "one of positive, neutral, negative"),
        ("/api/v1/sentiment/AAPL/posts?cursor=AAAA", "cursor", "the `next` of the page before"),
        ("/api/v1/sentiment/trending?market=DE", "market", "one of KR, US"),
    ],
)
async def test_a_bad_parameter_is_named_with_what_is_accepted(
    reader: Client, path: str, parameter: str, accepted: str
) -> None:
    body = _problem(await reader.get(path), 400, "bad-parameter")
    assert body["parameter"] == parameter
    assert accepted in body["hint"]


@pytest.mark.parametrize(
    ("content", "parameter"),
    [
        (b"{}", "text"),
        (b'{"text": 1}', "text"),
        (b'{"text": ""}', "text"),
        (b'{"text": "a", "texts": "b"}', "texts"),
        (b'{"text": "a", "scorer": "oracle@1"}', "scorer"),
        (b'{"text": "' + b"a" * 20_001 + b'"}', "text"),
        (b"", "body"),
    ],
)
async def test_a_bad_body_is_named(reader: Client, content: bytes, parameter: str) -> None:
    answer = await reader.post("/api/v1/sentiment/analyze", content=content)
    assert _problem(answer, 400, "bad-parameter")["parameter"] == parameter


async def test_a_body_that_is_no_json_or_too_large(reader: Client) -> None:
    _problem(await reader.post("/api/v1/sentiment/analyze", content=b"{"), 400, "bad-request")
    large = await reader.post("/api/v1/sentiment/analyze", content=b"a" * 300_000)
    _problem(large, 413, "request-entity-too-large")


async def test_unknown_paths_and_wrong_methods(reader: Client) -> None:
    _problem(await reader.get("/api/v1/nothing"), 404, "not-found")
    wrong = await reader.post(BARS)
    assert "GET" in wrong.headers["allow"]
    _problem(wrong, 405, "method-not-allowed")


async def test_a_request_id_is_taken_over_or_made(reader: Client) -> None:
    given = await reader.get("/health/live", headers={"X-Request-ID": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    unusable = await reader.get("/health/live", headers={"X-Request-ID": "a b\tc"})
    assert len(unusable.headers["x-request-id"]) == 32


async def test_the_trace_of_a_request_is_its_id(reader: Client) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    both = {"X-Request-ID": "abc-1", "traceparent": f"00-{trace}-{span}-01"}
    assert (await reader.get("/health/live", headers=both)).headers["x-request-id"] == trace
    wrong = {"X-Request-ID": "abc-1", "traceparent": f"00-{trace}-{span}"}
    assert (await reader.get("/health/live", headers=wrong)).headers["x-request-id"] == "abc-1"
    made = [(await reader.get("/health/live")).headers["x-request-id"] for _ in range(3)]
    assert len({trace_id_of(request_id) for request_id in made}) == 3
    assert [trace_id_of(request_id) for request_id in made] == made


async def test_an_unexpected_error_tells_its_request_id_and_nothing_else(database_url: str) -> None:
    @get("/boom", include_in_schema=False)
    async def boom() -> None:
        raise RuntimeError("the password is 1234")

    app = create_app(Settings(database_url=database_url))
    app.register(boom)
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        answer = await client.get("/boom")
    _problem(answer, 500, "internal-error")
    assert "1234" not in answer.text


async def test_options_tells_every_method_of_a_path(client: Client) -> None:
    for path in ("/api/v1/users/me", "/api/v1/users/me/api-keys", "/api/v1/stocks/AAPL", "/api/v1/sentiment/analyze"):
        told = (await client.options(path)).headers["allow"]
        refused = (await client.request("TRACE", path)).headers["allow"]
        assert set(told.split(", ")) == set(refused.split(", ")) > {"OPTIONS"}


@pytest.mark.parametrize("body", [b"[" * 20_000, b'{"text":' * 3000, b'{"text": ' + b"[" * 9000 + b"]" * 9000 + b"}"])
async def test_a_body_that_is_nested_without_end_is_no_error_of_ours(reader: Client, body: bytes) -> None:
    answer = await reader.post("/api/v1/sentiment/analyze", content=body, headers={"Content-Type": "application/json"})
    _problem(answer, 400, "bad-parameter")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("users/token", "application/x-www-form-urlencoded"), ("users", "application/json"),
     ("users/verify", "application/json")],
)  # fmt: skip
async def test_what_is_read_before_anybody_is_known_is_short(reader: Client, path: str, media_type: str) -> None:
    body = b"a=b&" * 5000 if "form" in media_type else b'{"email": "' + b"a" * 20_000 + b'"}'
    answer = await reader.post(f"/api/v1/{path}", content=body, headers={"Content-Type": media_type})
    _problem(answer, 413, "request-entity-too-large")
