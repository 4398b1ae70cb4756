"""The outer walls around an application that only tells what reached it."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from litestar.types import Receive, Scope, Send

from api.walls.cors import Cors
from api.walls.hosts import AllowedHosts
from api.walls.outer import OuterWalls, Rules
from api.walls.times import TimeLimits
from lib.domain import networks
from lib.domain.networks import Networks, parse_address


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with where the request came from and how many bytes it brought."""
    assert scope["type"] == "http"
    size, more = 0, True
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        size, more = size + len(message["body"]), message["more_body"]
    client = scope["client"]
    body = json.dumps({"client": client and client[0], "scheme": scope["scheme"], "size": size}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def client(rules: Rules, *, peer: str = "127.0.0.1", app: Any = mirror) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(OuterWalls(app, rules), client=(peer, 1234))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


@pytest.mark.parametrize(
    ("host", "fits"),
    [
        ("localhost", True), ("LOCALHOST:8000", True), ("127.0.0.1:1", True), ("[::1]:8000", True),
        ("localhost.", True), ("example.com", False), ("127.0.0.1.example.com", False), ("localhost:", False),
        ("localhost:80:80", False), ("user@localhost", False), ("localhost/x", False), ("", False), ("10.0.0.1", False),
    ],
)  # fmt: skip
async def test_only_loopback_names_are_ours_by_default(host: str, fits: bool) -> None:
    async with client(Rules()) as web:
        answer = await web.get("/api/v1/stocks", headers={"Host": host})
    assert (answer.status_code == 200) is fits
    if not fits:
        assert answer.json()["type"] == "urn:insitechart:unknown-host"


def test_hosts_may_be_named_with_all_below_them() -> None:
    hosts = AllowedHosts(["api.example.com", "*.inner.example.com"])
    allowed = [b"api.example.com", b"API.example.com:443", b"a.inner.example.com", b"a.b.inner.example.com"]
    refused = [b"example.com", b"inner.example.com", b"xinner.example.com", b"localhost", b"127.0.0.1"]
    assert all(hosts.allows(host) for host in allowed)
    assert not any(hosts.allows(host) for host in refused)


def test_where_it_listens_everywhere_any_address_is_ours_but_no_strange_name() -> None:
    hosts = AllowedHosts([], "0.0.0.0")
    assert hosts.allows(b"192.0.2.7:8000")
    assert hosts.allows(b"[2001:db8::1]")
    assert not hosts.allows(b"rebound.example.com")


async def test_probes_may_come_by_address() -> None:
    async with client(Rules()) as web:
        assert (await web.get("/health/live", headers={"Host": "10.1.2.3:8000"})).status_code == 200
        assert (await web.get("/health/live", headers={"Host": "rebound.example.com"})).status_code == 400


@pytest.mark.parametrize(
    ("peer", "forwarded", "proto", "client_seen", "scheme"),
    [
        ("192.0.2.1", "198.51.100.7", "https", "192.0.2.1", "http"),
        ("10.0.0.1", "", "", "10.0.0.1", "http"),
        ("10.0.0.1", "198.51.100.7", "https", "198.51.100.7", "https"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "https", "198.51.100.7", "https"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2", "http, https, http", "198.51.100.7", "https"),
        ("10.0.0.1", "10.9.9.9, 10.0.0.2", "https", "10.9.9.9", "https"),
        ("10.0.0.1", "evil, 198.51.100.7:4711", "https", "198.51.100.7", "https"),
        ("10.0.0.1", "1.2.3.4, nonsense, 10.0.0.2", "https", "10.0.0.2", "https"),
        ("10.0.0.1", "[2001:db8::9]:4711", "ftp", "2001:db8::9", "http"),
        ("::ffff:10.0.0.1", "198.51.100.7", "https", "198.51.100.7", "https"),
    ],
)
async def test_the_client_is_the_last_untrusted_address(
    peer: str, forwarded: str, proto: str, client_seen: str, scheme: str
) -> None:
    rules = Rules(trusted=Networks(["10.0.0.0/8"]))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    headers |= {"X-Forwarded-Proto": proto} if proto else {}
    async with client(rules, peer=peer) as web:
        seen = (await web.get("/", headers=headers)).json()
    assert (seen["client"], seen["scheme"]) == (client_seen, scheme)


async def test_without_trusted_proxies_nothing_is_believed() -> None:
    async with client(Rules(), peer="10.0.0.1") as web:
        seen = (await web.get("/", headers={"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"})).json()
    assert (seen["client"], seen["scheme"]) == ("10.0.0.1", "http")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stocks/..%2foperations/sources", "/api/v1/../metrics", "/api//v1/stocks", "/api/v1/%2e%2e/metrics",
        "/api/v1/stocks/AAPL%00", "/api/v1/stocks/a%5cb", "/api/v1/stocks/%ff", "/api/v1/stocks/%zz", "/./metrics",
        "/api/v1/stocks/..;/metrics", "/api/v1/stocks/%0d%0aX:1",
    ],
)  # fmt: skip
async def test_paths_that_can_be_read_twice_are_refused(path: str) -> None:
    raw = path.encode()
    seen: list[Any] = []

    async def send(message: Any) -> None:
        seen.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Any = {
        "type": "http", "method": "GET", "path": httpx.URL("http://x").copy_with(raw_path=raw).path, "raw_path": raw,
        "query_string": b"", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "scheme": "http",
    }  # fmt: skip
    if "%ff" in path:
        scope["path"] = "/api/v1/stocks/\ufffd"
    await OuterWalls(mirror, Rules())(scope, receive, send)
    assert seen[0]["status"] == 400
    assert json.loads(seen[1]["body"])["type"] == "urn:insitechart:bad-path"


@pytest.mark.parametrize("path", ["/api/v1/stocks/BRK-B", "/api/v1/stocks/%EC%82%BC", "/api/v1/stocks/%24AAPL", "/a.b"])
async def test_ordinary_paths_pass(path: str) -> None:
    async with client(Rules()) as web:
        assert (await web.get(path)).status_code == 200


async def test_heads_are_bounded() -> None:
    async with client(Rules()) as web:
        many = [(f"X-{number}", "1") for number in range(80)]
        assert (await web.get("/", headers=many)).status_code == 431
        assert (await web.get("/", headers={"X-Large": "a" * 20_000})).status_code == 431
        assert (await web.get("/?q=" + "a" * 9000)).status_code == 414
        twice = [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]
        assert (await web.get("/", headers=twice)).json()["type"] == "urn:insitechart:bad-header"


async def test_operations_answer_to_their_networks_alone() -> None:
    rules = Rules(operators=Networks(["127.0.0.0/8", "10.0.0.0/8"]))
    for peer, status in [("127.0.0.1", 200), ("10.2.3.4", 200), ("192.0.2.1", 403), ("not an address", 403)]:
        async with client(rules, peer=peer) as web:
            for path in (
                "/metrics", "/api/v1/metrics", "/api/v1/operations", "/api/v1/operations/sources",
                # a router takes these for the same
                "/metrics/", "/api/v1/metrics/", "/%6detrics", "/api/v1/operations/sources/",
            ):  # fmt: skip
                answer = await web.get(path)
                assert answer.status_code == status, (peer, path)
            assert (await web.get("/api/v1/stocks")).status_code == 200
            assert (await web.get("/health")).status_code == 200


async def test_an_address_that_is_only_claimed_opens_nothing() -> None:
    rules = Rules(operators=Networks(["127.0.0.0/8"]), trusted=Networks(["10.0.0.1"]))
    async with client(rules, peer="10.0.0.1") as web:
        claimed = {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}
        assert (await web.get("/metrics", headers=claimed)).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_what_a_proxy_hands_on_that_nobody_named_is_not_from_its_own_network(header: str) -> None:
    operators = Networks(["10.0.0.0/8"])
    async with client(Rules(operators=operators), peer="10.0.0.1") as web:
        assert (await web.get("/metrics")).status_code == 200
        assert (await web.get("/metrics", headers={header: "192.0.2.1"})).status_code == 403
        assert (await web.get("/api/v1/stocks", headers={header: "192.0.2.1"})).status_code == 200
    async with client(Rules(operators=operators, trusted=Networks(["10.0.0.1"])), peer="10.0.0.1") as web:
        named = {"X-Forwarded-For": "10.0.0.9", "X-Real-IP": "10.0.0.9"}
        assert (await web.get("/metrics", headers=named)).status_code == 200


async def test_answers_may_be_kept_for_each_origin_by_itself() -> None:
    async with client(Rules(cors=Cors(["https://app.example.com"]))) as web:
        assert "Origin" in (await web.get("/")).headers["vary"]
    async with client(Rules()) as web:
        assert "vary" not in (await web.get("/")).headers


async def test_long_names_and_paths_are_refused_before_they_are_remembered() -> None:
    before = networks._parsed.cache_info().currsize
    async with client(Rules()) as web:
        for number in range(20):
            name = f"{'a' * 300}{number}"
            assert (await web.get("/health/live", headers={"Host": name})).status_code == 400
            assert (await web.get(f"/{'a' * 1100}{number}")).status_code == 414
    assert networks._parsed.cache_info().currsize == before
    assert parse_address("1" * 300) is None


@pytest.mark.parametrize("path", ["/api/v1/stocks/%C2%9B31m", "/api/v1/stocks/%E2%80%AExyz", "/api/v1/stocks/a%C2%A0"])
async def test_signs_that_steer_a_terminal_are_refused_in_paths(path: str) -> None:
    async with client(Rules()) as web:
        assert (await web.get(path)).json()["type"] == "urn:insitechart:bad-path"


async def test_pages_of_other_origins_are_let_in_by_name_alone() -> None:
    named = Rules(cors=Cors(["https://app.example.com"]))
    async with client(named) as web:
        ours = await web.get("/", headers={"Origin": "https://app.example.com"})
        assert ours.headers["access-control-allow-origin"] == "https://app.example.com"
        assert "Origin" in ours.headers["vary"]
        assert "access-control-allow-credentials" not in ours.headers
        theirs = await web.get("/", headers={"Origin": "https://app.example.com.evil.example"})
        assert "access-control-allow-origin" not in theirs.headers
        asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "DELETE"}
        preflight = await web.options("/", headers=asked)
        assert preflight.status_code == 204
        assert "DELETE" in preflight.headers["access-control-allow-methods"]
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
    async with client(Rules()) as web:
        off = await web.get("/", headers={"Origin": "https://app.example.com"})
        assert not [name for name in off.headers if name.startswith("access-control")]


async def test_browsers_are_told_what_an_answer_is_not() -> None:
    async with client(Rules(trusted=Networks(["127.0.0.1"]))) as web:
        plain = await web.get("/", headers={"Host": "localhost"})
        assert plain.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]
        assert plain.headers["referrer-policy"] == "no-referrer"
        assert {"permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"} <= set(
            plain.headers
        )
        assert "strict-transport-security" not in plain.headers
        secure = await web.get("/", headers={"X-Forwarded-Proto": "https"})
        assert secure.headers["strict-transport-security"].startswith("max-age=")
        refused = await web.get("/", headers={"Host": "evil.example"})
        assert refused.headers["x-content-type-options"] == "nosniff"


async def test_what_takes_too_long_is_cut() -> None:
    gone = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()

    rules = Rules(times=TimeLimits(request_s=0.1, look_s=0.05))
    async with client(rules, app=slow) as web:
        answer = await web.get("/")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:insitechart:took-too-long")
    assert answer.headers["retry-after"]
    assert gone.is_set()


async def test_a_reader_that_stalls_is_cut_and_a_stream_that_flows_is_not() -> None:
    cut = asyncio.Event()
    rules = Rules(times=TimeLimits(request_s=0.2, stall_s=0.2, look_s=0.05))

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(8):
            await asyncio.sleep(0.1)
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with client(rules, app=stream) as web:
        assert (await web.get("/")).text == "x" * 8

    async def unread(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Any = {
        "type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"localhost")], "client": None, "extensions": {"insitechart.abort": cut.set},
    }  # fmt: skip
    async with asyncio.timeout(5):
        await OuterWalls(stream, rules)(scope, receive, unread)
    assert cut.is_set()
