"""The real WebSocket client against a local Jetstream that fails in every way it can: who is asked next, what comes
out, and that nothing is missing.
"""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
import trustme

from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.bluesky.gathering import Room
from lib.sources.bluesky.line import Timing
from lib.sources.posts import Lost, Page
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_events import Event, post
from tests.servers.bluesky_spoils import Close, CutOff, Frames, Freeze, HalfFrame, Repeat, Shuffle, Skip, Spoil
from tests.servers.faults import BAD_GATEWAY, HTML, Cut, Fault, Slow, Status, TooMany
from tests.servers.faults import Page as WebPage
from tests.support.access import NotedAccess
from tests.support.bluesky import HOSTS, at_us, haste, hasty_bluesky, heard, names

NOON = datetime(2026, 3, 2, 14, tzinfo=UTC)
FROM_NOON = {"time_us": at_us(0)}
FORBIDDEN = Status(403, b"Forbidden", "text/plain")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def talk(seconds: range) -> list[Event]:
    """A post a second."""
    return [post("$A", time_us=at_us(second), rkey=f"p{second}") for second in seconds]


def is_over(seconds: float) -> object:
    return lambda pages: pages[-1].end >= at(seconds)


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


BREAKS: list[Spoil] = [
    Close(10, 1001), Close(10, 1000), Close(10, 1011), Close(10, 4008), Close(0), CutOff(10), CutOff(0), Freeze(10),
    Freeze(0), HalfFrame(10), HalfFrame(0), Frames(10), Repeat(3, 6), Shuffle(3, 6),
]  # fmt: skip


@pytest.mark.parametrize("spoil", BREAKS, ids=str)
async def test_whatever_happens_on_the_line_nothing_is_missing(local_bluesky: LocalBluesky, spoil: Spoil) -> None:
    local_bluesky.publish(*talk(range(40)))
    local_bluesky.spoils.then("*", spoil)
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(39))
    assert set(names(pages)) == {f"p{n}" for n in range(40)}
    assert not any(page.lost for page in pages)
    assert sum(page.dropped.get("unreadable", 0) for page in pages) == (5 if isinstance(spoil, Frames) else 0)


@pytest.mark.parametrize("seed", range(4))
async def test_an_event_that_jumped_the_queue_hides_nothing(local_bluesky: LocalBluesky, seed: int) -> None:
    local_bluesky.publish(*talk(range(40)))
    local_bluesky.spoils.then("*", Shuffle(3, 9, seed), Shuffle(12, 9, seed))
    source = hasty_bluesky(manners=haste(room=Room(events=5)))
    pages = await heard(source, FROM_NOON, lambda pages: bool(pages[-1].received))
    assert len(set(names(pages))) < 9
    while pages[-1].end < at(39):
        pages += await heard(source, pages[-1].cursor, lambda pages: pages[-1].start < pages[-1].end)
    assert set(names(pages)) == {f"p{n}" for n in range(40)}


async def test_each_break_leads_to_the_next_host(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(80)))
    local_bluesky.spoils.then("*", CutOff(20), CutOff(35), CutOff(35))
    await heard(hasty_bluesky(), FROM_NOON, is_over(79))
    assert [(asked.host, asked.cursor) for asked in local_bluesky.asked] == [
        (HOSTS[0], at_us(-15)), (HOSTS[1], at_us(4)), (HOSTS[2], at_us(23)), (HOSTS[0], at_us(42)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (Close(0, 1013), r"closed the connection \(1013 going away\)"),
        (CutOff(0), r"closed the connection \(without a word\)"),
    ],
    ids=str,
)
async def test_lines_that_bring_nothing_are_given_up(local_bluesky: LocalBluesky, spoil: Spoil, reason: str) -> None:
    local_bluesky.spoils.then("*", *[spoil] * 30)
    with pytest.raises(Unavailable, match=reason):
        await heard(hasty_bluesky(), FROM_NOON, lambda pages: bool(pages[-1].received))
    assert len(local_bluesky.asked) == 9
    assert local_bluesky.open <= 1


async def test_a_frozen_line_is_given_up(local_bluesky: LocalBluesky) -> None:
    local_bluesky.spoils.then("*", *[Freeze(0)] * 3)
    source = hasty_bluesky(hosts=HOSTS[:1], manners=haste(timing=Timing(silence_s=0.1, ping_s=0.05, close_s=0.05)))
    with pytest.raises(Unavailable, match=r"said nothing for 0\.1 s and no longer answers"):
        await heard(source, FROM_NOON, lambda pages: bool(pages[-1].received))


async def test_a_line_that_only_repeats_is_given_up(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(10)))
    local_bluesky.spoils.then("*", *[CutOff(3)] * 30)
    with pytest.raises(Unavailable, match="closed the connection"):
        await heard(hasty_bluesky(), {"time_us": at_us(9)}, is_over(99))


async def test_silence_is_no_coverage(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(5)))
    pages: list[Page] = []
    source = hasty_bluesky(hosts=HOSTS[:1], manners=haste(timing=Timing(silence_s=0.3)))
    with pytest.raises(Unavailable, match=r"said nothing for 0\.3 s and still answers"):
        await heard(source, FROM_NOON, lambda now: pages.extend(now[-1:]) or False)
    assert len(pages) > 5
    assert max(page.end for page in pages) == at(4)
    assert not pages[-1].received


async def test_garbage_is_counted_and_where_there_is_nothing_else_it_is_no_jetstream(
    local_bluesky: LocalBluesky,
) -> None:
    local_bluesky.spoils.then("*", *[Frames(0, (b"hello",) * 30)] * 9)
    pages: list[Page] = []
    with pytest.raises(Malformed, match="sends nothing that can be read"):
        await heard(hasty_bluesky(), FROM_NOON, lambda now: pages.extend(now[-1:]) or False)
    assert sum(page.dropped.get("unreadable", 0) for page in pages) == 9 * 20


async def test_what_one_host_skips_another_one_has(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(60)))
    local_bluesky.spoils.then(HOSTS[0], Skip(20, 20))
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(59))
    assert set(names(pages)) == {f"p{n}" for n in range(60)}
    assert not any(page.lost for page in pages)
    assert [asked.host for asked in local_bluesky.asked] == list(HOSTS[:2])


async def test_what_all_hosts_lack_is_lost_and_said(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(20)), *talk(range(50, 60)))
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(59))
    assert [lost for page in pages for lost in page.lost] == [
        Lost(start=at(19), end=at(50), reason="No server of Bluesky has these 31 s.")
    ]
    assert names(pages)[-1] == "p59"
    # the first, which was in the midst of it, and then all three from before the hole
    assert len(local_bluesky.asked) == 4


async def test_a_hole_is_believed_though_a_host_cannot_be_asked(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(20)), *talk(range(50, 60)))
    local_bluesky.script.always(HOSTS[1], BAD_GATEWAY)
    local_bluesky.script.always(HOSTS[2], FORBIDDEN)
    pages = await heard(hasty_bluesky(), FROM_NOON, is_over(59))
    assert [(lost.start, lost.end) for page in pages for lost in page.lost] == [(at(19), at(50))]


async def test_a_single_host_is_asked_once_more_before_a_hole_is_believed(local_bluesky: LocalBluesky) -> None:
    local_bluesky.publish(*talk(range(60)))
    local_bluesky.spoils.then("*", Skip(20, 20))
    pages = await heard(hasty_bluesky(hosts=HOSTS[:1]), FROM_NOON, is_over(59))
    assert set(names(pages)) == {f"p{n}" for n in range(60)}
    assert not any(page.lost for page in pages)


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
    with pytest.raises(Unavailable, match="its name is not found"):
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


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    local_bluesky: LocalBluesky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
    error = await failure(local_bluesky)
    assert type(error) is Unavailable
    assert "its certificate is not trusted" in str(error)


async def test_something_that_is_no_web_server(local_bluesky: LocalBluesky) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Malformed, match="does not answer as a web server does"):
            await heard(hasty_bluesky(hosts=(f"ws://127.0.0.1:{port}",)), FROM_NOON, lambda pages: False)
        with pytest.raises(Unavailable, match="the connection failed"):
            await heard(hasty_bluesky(hosts=(f"wss://127.0.0.1:{port}",)), FROM_NOON, lambda pages: False)
