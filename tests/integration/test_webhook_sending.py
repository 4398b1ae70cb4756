"""Webhooks on the wire: real TLS, real sockets, and a resolver that changes its mind."""

import asyncio
import contextlib
import gzip
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import web

from lib.errors import NotDelivered, TargetRefused
from lib.webhooks.addresses import Address
from lib.webhooks.resolving import system_resolver
from lib.webhooks.sending import MOST_ANSWER_BYTES, Sender, trust
from lib.webhooks.signing import secret_text, signature, signed_headers
from lib.webhooks.wall import Wall
from tests.servers.webhook import Authority, Receiver, receiving

HERE = IPv4Network("127.0.0.1/32")
BODY = b'{"a":1}'


class Names:
    """Resolves any name to what is next in its list, the last for ever, and counts how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = [[ip_address(text) for text in answer] for answer in answers]
        self.asked = 0

    async def __call__(self, host: str) -> list[Address]:
        self.asked += 1
        return list(self._answers[min(self.asked, len(self._answers)) - 1])


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def receiver(authority: Authority) -> AsyncIterator[Receiver]:
    async with receiving(authority.server("hooks.example", "127.0.0.1")) as opened:
        yield opened


def sender(
    authority: Authority, folder: Path, port: int, names: Names, *, timeout_s: float = 5, networks: Sequence[str] = ()
) -> Sender:
    open_networks = tuple(IPv4Network(text) for text in networks) or (HERE,)
    wall = Wall(ports=frozenset({port}), networks=open_networks)
    return Sender(wall, timeout_s=timeout_s, trusted=trust(authority.write(folder)), resolve=names)


async def test_a_webhook_arrives_under_its_own_name(authority: Authority, receiver: Receiver, tmp_path: Path) -> None:
    names = Names(["127.0.0.1"])
    sending = sender(authority, tmp_path, receiver.port, names)
    answer = await sending.send(f"https://Hooks.Example:{receiver.port}/a%2Fb?c=%20d", BODY, {"X-Mine": "1"})
    assert (answer.status, answer.body) == (200, b"thanks")
    [found] = receiver.received
    assert (found.host, found.path, found.body) == (f"hooks.example:{receiver.port}", "/a%2Fb?c=%20d", BODY)
    assert found.headers["X-Mine"] == "1"
    assert found.headers["Content-Type"] == "application/json"
    assert found.headers["User-Agent"].startswith("InsiteChart/")
    assert names.asked == 1


async def test_a_name_that_means_something_else_a_moment_later_changes_nothing(
    authority: Authority, receiver: Receiver, tmp_path: Path
) -> None:
    async with receiving(authority.server("hooks.example"), address="127.0.0.2", port=receiver.port) as inside:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        sending = sender(authority, tmp_path, receiver.port, names)
        url = f"https://hooks.example:{receiver.port}/"
        assert (await sending.send(url, BODY, {})).status == 200
        assert (names.asked, len(receiver.received)) == (1, 1)
        with pytest.raises(TargetRefused, match="does not lead to the public internet"):
            await sending.send(url, BODY, {})
        assert (names.asked, inside.connections) == (2, 0)


@pytest.mark.parametrize("answer", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_one_closed_address_of_a_name_closes_it(
    authority: Authority, receiver: Receiver, tmp_path: Path, answer: list[str]
) -> None:
    sending = sender(authority, tmp_path, receiver.port, Names(answer))
    with pytest.raises(TargetRefused):
        await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})
    assert receiver.connections == 0


async def test_nothing_local_is_reached_without_an_operator(receiver: Receiver) -> None:
    sending = Sender(Wall(ports=frozenset({receiver.port})), timeout_s=5)
    for host in ("localhost", "127.0.0.1", "[::1]", "localhost.localdomain"):
        with pytest.raises((TargetRefused, NotDelivered)):
            await sending.send(f"https://{host}:{receiver.port}/", BODY, {})
    assert receiver.connections == 0


async def test_a_redirect_is_an_answer_and_is_not_followed(
    authority: Authority, receiver: Receiver, tmp_path: Path
) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"https://127.0.0.1:{receiver.port}/secret"})

    receiver.answer = elsewhere
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1"]))
    assert (await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})).status == 307
    assert [found.path for found in receiver.received] == ["/"]


async def test_proxies_of_the_environment_are_not_used(
    authority: Authority, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1"]))
    assert (await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})).status == 200


async def test_the_certificate_must_be_the_names(authority: Authority, receiver: Receiver, tmp_path: Path) -> None:
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1"]))
    with pytest.raises(NotDelivered, match="certificate of the host does not hold"):
        await sending.send(f"https://other.example:{receiver.port}/", BODY, {})
    stranger = sender(Authority(), tmp_path, receiver.port, Names(["127.0.0.1"]))
    with pytest.raises(NotDelivered, match="certificate of the host does not hold"):
        await stranger.send(f"https://hooks.example:{receiver.port}/", BODY, {})
    assert receiver.received == []


async def test_an_address_as_host_is_verified_as_one(authority: Authority, receiver: Receiver, tmp_path: Path) -> None:
    names = Names()
    sending = sender(authority, tmp_path, receiver.port, names)
    assert (await sending.send(f"https://127.0.0.1:{receiver.port}/", BODY, {})).status == 200
    assert names.asked == 0


async def test_of_a_long_answer_only_the_beginning_is_read(
    authority: Authority, receiver: Receiver, tmp_path: Path
) -> None:
    async def without_end(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"a" * 65_536)
        return response

    receiver.answer = without_end
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1"]))
    answer = await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})
    assert answer.body == b"a" * MOST_ANSWER_BYTES


async def test_a_compressed_answer_stays_compressed(authority: Authority, receiver: Receiver, tmp_path: Path) -> None:
    packed = gzip.compress(b"a" * 10_000_000)

    async def bomb(_: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    receiver.answer = bomb
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1"]))
    answer = await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})
    assert answer.body == packed[:MOST_ANSWER_BYTES]


async def test_an_answer_that_drips_is_given_up(authority: Authority, receiver: Receiver, tmp_path: Path) -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    receiver.answer = dripping
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1"]), timeout_s=0.5)
    begun = monotonic()
    with pytest.raises(NotDelivered, match=r"within 0\.5 seconds"):
        await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})
    assert monotonic() - begun < 3


async def test_a_resolver_that_hangs_is_given_up(authority: Authority, tmp_path: Path) -> None:
    class Hanging(Names):
        async def __call__(self, host: str) -> list[Address]:
            await asyncio.Event().wait()
            return []

    sending = sender(authority, tmp_path, 443, Hanging(), timeout_s=0.2)
    with pytest.raises(NotDelivered, match="within"):
        await sending.send("https://hooks.example/", BODY, {})


async def test_a_name_that_only_this_network_knows_is_told_like_none(authority: Authority, tmp_path: Path) -> None:
    told = set()
    for names in (Names([]), Names(["10.0.0.1"]), Names(["169.254.169.254"])):
        with pytest.raises((NotDelivered, TargetRefused)) as caught:
            await sender(authority, tmp_path, 443, names).send("https://hooks.example/", BODY, {})
        told.add(str(caught.value))
    assert len(told) == 1


async def test_names_are_resolved_beside_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        go_on.wait(20)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hangs)
    try:
        waiting = [asyncio.create_task(system_resolver("hangs.example")) for _ in range(64)]
        # what else is done in threads is not kept waiting by them
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 5) == "done"
    finally:
        go_on.set()
    await asyncio.gather(*waiting)


async def test_a_name_without_an_address_is_told(authority: Authority, tmp_path: Path) -> None:
    class Nowhere(Names):
        async def __call__(self, host: str) -> list[Address]:
            raise OSError(host)

    for names in (Nowhere(), Names([])):
        with pytest.raises(NotDelivered, match="does not lead"):
            await sender(authority, tmp_path, 443, names).send("https://hooks.example/", BODY, {})


async def test_a_host_that_is_down_on_one_address_is_reached_on_another(
    authority: Authority, receiver: Receiver, tmp_path: Path
) -> None:
    networks = ["127.0.0.0/8"]
    url = f"https://hooks.example:{receiver.port}/"
    names = Names(["127.0.0.3", "127.0.0.1"])
    sending = sender(authority, tmp_path, receiver.port, names, networks=networks)
    assert (await sending.send(url, BODY, {})).status == 200
    down = sender(authority, tmp_path, receiver.port, Names(["127.0.0.3"]), networks=networks)
    with pytest.raises(NotDelivered, match="No connection"):
        await down.send(url, BODY, {})


async def test_a_connection_that_breaks_is_not_sent_twice(
    authority: Authority, receiver: Receiver, tmp_path: Path
) -> None:
    async def breaking(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    receiver.answer = breaking
    sending = sender(authority, tmp_path, receiver.port, Names(["127.0.0.1", "127.0.0.1"]))
    with pytest.raises(NotDelivered, match="broke before an answer"):
        await sending.send(f"https://hooks.example:{receiver.port}/", BODY, {})
    assert len(receiver.received) == 1


async def test_plain_http_is_for_development(tmp_path: Path) -> None:
    async with receiving(None) as plain:
        wall = Wall(ports=frozenset({plain.port}), networks=(HERE,), is_http_open=True)
        sending = Sender(wall, resolve=Names(["127.0.0.1"]))
        assert (await sending.send(f"http://hooks.example:{plain.port}/", BODY, {})).status == 200
        with pytest.raises(NotDelivered, match="does not speak TLS"):
            await sending.send(f"https://hooks.example:{plain.port}/", BODY, {})
        with pytest.raises(TargetRefused, match="https"):
            await Sender(wall._replace(is_http_open=False)).send(f"http://hooks.example:{plain.port}/", BODY, {})


def test_a_signature_covers_time_and_body() -> None:
    old, new = secret_text(b"1" * 32), secret_text(b"2" * 32)
    at = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    headers = signed_headers("an-id", at, BODY, [new, old])
    assert headers["InsiteChart-Timestamp"] == "1772461800"
    assert headers["InsiteChart-Signature"] == ",".join(
        f"v1={signature(secret, 1772461800, BODY)}" for secret in (new, old)
    )
    assert len({signature(new, 1772461800, BODY), signature(new, 1772461801, BODY), signature(new, 1, b"{}")}) == 3
