"""Lines to a local Jetstream that break, freeze, skip and repeat: nothing is missing, or it is said to be lost."""

import pytest

from lib.errors import Malformed, Unavailable
from lib.sources.bluesky.gathering import Room
from lib.sources.bluesky.line import Timing
from lib.sources.posts import Lost, Page
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_spoils import Close, CutOff, Frames, Freeze, HalfFrame, Repeat, Shuffle, Skip, Spoil
from tests.servers.faults import BAD_GATEWAY, Status
from tests.support.bluesky import FROM_NOON, HOSTS, at, at_us, haste, hasty_bluesky, heard, is_over, names, talk

FORBIDDEN = Status(403, b"Forbidden", "text/plain")


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
