"""A local Jetstream that does not open a line, in every way it can: who is asked next, what comes out, how often."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
import trustme

from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.bluesky.line import Timing
from tests.servers.bluesky import LocalBluesky
from tests.servers.faults import BAD_GATEWAY, HTML, Cut, Fault, Slow, Status, TooMany
from tests.servers.faults import Page as WebPage
from tests.support.access import NotedAccess
from tests.support.bluesky import FROM_NOON, HOSTS, haste, hasty_bluesky, heard, is_over, names, talk

FORBIDDEN = Status(403, b"Forbidden", "text/plain")


async def failure(local_bluesky: LocalBluesky, access: NotedAccess | None = None) -> SourceError:
    """What comes out where nobody can be heard."""
    with pytest.raises(SourceError) as raised:
        await heard(hasty_bluesky(access), FROM_NOON, lambda pages: bool(pages[-1].received))
    return raised.value


PASSING = [TooMany("0"), TooMany(), BAD_GATEWAY, Status(404), WebPage(), Cut(), Slow(0.05), FORBIDDEN]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_a_host_that_does_not_open_is_left_for_the_next(local_bluesky: LocalBluesky, fault: Fault) -> None:
    local_bluesky.publish(*talk(range(5)))
    local_bluesky.script.then(HOSTS[0], fault)
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(4))
    assert names(pages) == [f"p{n}" for n in range(5)]
    assert len(local_bluesky.asked) == (1 if isinstance(fault, Slow) else 2)


LASTING: list[tuple[Fault, type[SourceError], str]] = [
    (TooMany(), RateLimited, "answers 429"),
    (TooMany("3600"), RateLimited, "answers 429: asked too often, until"),
    (FORBIDDEN, Denied, "answers 403"),
    (Status(401), Denied, "answers 401"),
    (BAD_GATEWAY, Unavailable, "answers 502: the failure is on its side"),
    (Status(503, b"service not ready"), Unavailable, "answers 503"),
    (Status(400, b"bad cursor"), Malformed, "answers 400"),
    (WebPage(), Malformed, "answers 200, which is not what a Jetstream says"),
    (Status(301, HTML, "text/html"), Malformed, "answers 301"),
    (Cut(), Unavailable, "cut the connection before it answered"),
    (Slow(9), Unavailable, "cannot be reached: no answer in time"),
]


@pytest.mark.parametrize(("fault", "kind", "reason"), LASTING, ids=str)
async def test_what_lasts_comes_out_as_our_error_after_few_attempts(
    local_bluesky: LocalBluesky, fault: Fault, kind: type[SourceError], reason: str
) -> None:
    local_bluesky.script.always("*", fault)
    manners = haste(timing=Timing(open_s=0.2)) if isinstance(fault, Slow) else haste()
    with pytest.raises(SourceError, match=reason) as raised:
        await heard(hasty_bluesky(manners=manners), FROM_NOON, lambda pages: bool(pages[-1].received))
    assert type(raised.value) is kind
    assert raised.value.source == "bluesky"
    assert raised.value.hint
    assert len(local_bluesky.asked) <= len(HOSTS) * manners.patience.attempts


async def test_refused_by_all_it_is_refused_and_nobody_is_asked_twice(local_bluesky: LocalBluesky) -> None:
    local_bluesky.script.always("*", FORBIDDEN)
    assert isinstance(await failure(local_bluesky), Denied)
    assert [asked.host for asked in local_bluesky.asked] == list(HOSTS)


async def test_a_host_that_refuses_stays_out_while_others_are_tried_again(local_bluesky: LocalBluesky) -> None:
    local_bluesky.script.always(HOSTS[1], FORBIDDEN)
    local_bluesky.script.always("*", BAD_GATEWAY)
    assert isinstance(await failure(local_bluesky), Unavailable)
    assert Counter(asked.host for asked in local_bluesky.asked) == {HOSTS[0]: 3, HOSTS[1]: 1, HOSTS[2]: 3}


async def test_told_to_wait_it_leaves_the_host_alone_for_so_long(local_bluesky: LocalBluesky) -> None:
    access = NotedAccess()
    local_bluesky.publish(*talk(range(3)))
    local_bluesky.script.then(HOSTS[0], TooMany("3600"))
    pages = await heard(hasty_bluesky(access), FROM_NOON, is_over(2))
    assert names(pages) == ["p0", "p1", "p2"]
    assert abs(access.paused[HOSTS[0]] - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=10)

    local_bluesky.asked.clear()
    await heard(hasty_bluesky(access), FROM_NOON, is_over(2))
    assert [asked.host for asked in local_bluesky.asked] == [HOSTS[1]]

    local_bluesky.script.always("*", TooMany("1800"))
    error = await failure(local_bluesky, access)
    assert isinstance(error, RateLimited)
    assert error.until is not None
    assert abs(error.until - datetime.now(UTC) - timedelta(minutes=30)) < timedelta(seconds=10)


async def test_without_a_network_it_is_said_soon_and_once(
    local_bluesky: LocalBluesky, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    began = monotonic()
    error = await failure(local_bluesky)
    assert type(error) is Unavailable
    assert "cannot be reached: the connection failed" in str(error)
    assert monotonic() - began < 5


async def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unavailable, match=r"its name is not found|no answer in time"):
        await heard(hasty_bluesky(hosts=("jetstream.invalid",)), FROM_NOON, lambda pages: False)


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:1", "socks5h://127.0.0.1:1", "127.0.0.1"])
async def test_a_proxy_that_cannot_be_used_is_named(
    local_bluesky: LocalBluesky, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    error = await failure(local_bluesky)
    assert type(error) is Unavailable
    assert "through the proxy" in str(error)


ANSWERS = [
    (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "it answers 407"),
    (b"HTTP/1.1\r\n\r\n", "it answers nothing"),
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "it answers"),
    (b"HTTP/1.1 200 OK\r\n", "it does not answer as a proxy does"),
    (b"x" * 100_000, "it does not answer as a proxy does"),
]


@pytest.mark.parametrize(("answer", "reason"), ANSWERS, ids=lambda value: str(value[:30]))
async def test_a_proxy_that_does_not_let_us_through(
    answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        questions.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        _, port = server.sockets[0].getsockname()
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://me:secret@127.0.0.1:{port}")
        with pytest.raises(Unavailable, match=f"through the proxy: {reason}"):
            await heard(hasty_bluesky(), FROM_NOON, lambda pages: False)
    assert questions[0].startswith(f"CONNECT {HOSTS[0]}:443 HTTP/1.1\r\nHost: {HOSTS[0]}:443\r\n".encode())
    assert b"User-Agent: InsiteChart/" in questions[0]
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in questions[0]


async def test_a_proxy_that_hangs_costs_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    left = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(1_000):
                pass
        except ConnectionError:
            pass
        finally:
            left.set()
            writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        _, port = server.sockets[0].getsockname()
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        source = hasty_bluesky(hosts=HOSTS[:1], manners=haste(timing=Timing(open_s=0.1)))
        with pytest.raises(Unavailable, match="no answer in time"):
            await heard(source, FROM_NOON, lambda pages: False)
        async with asyncio.timeout(5):
            await left.wait()


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    local_bluesky: LocalBluesky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
    error = await failure(local_bluesky)
    assert type(error) is Unavailable
    assert "its certificate is not trusted" in str(error)


STRANGERS = [
    (b"220 mail.example ESMTP\r\n", "does not answer as a web server does"),
    (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "does not answer as a Jetstream does"),
    (b"HTTP/1.1 302 Found\r\nLocation: ftp://elsewhere/\r\nContent-Length: 0\r\n\r\n", "as a Jetstream does"),
    (b"HTTP/1.1 302 Found\r\nLocation: ws://[/\r\nContent-Length: 0\r\n\r\n", "as a Jetstream does"),
]


@pytest.mark.parametrize(("greeting", "reason"), STRANGERS, ids=lambda value: str(value[:30]))
async def test_something_else_than_a_jetstream(greeting: bytes, reason: str) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Malformed, match=reason):
            await heard(hasty_bluesky(hosts=(f"ws://127.0.0.1:{port}",)), FROM_NOON, lambda pages: False)
        with pytest.raises(Unavailable, match="the connection failed"):
            await heard(hasty_bluesky(hosts=(f"wss://127.0.0.1:{port}",)), FROM_NOON, lambda pages: False)
