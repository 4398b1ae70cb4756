"""Whatever is said and however the lines break, whenever the reader is closed and opened again: who stores the pages
holds each post that concerns us as it last read, and none that is deleted, but for windows that are said to be lost.
"""

import asyncio
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.posts import Post
from lib.errors import SourceError
from lib.sources.bluesky.client import Bluesky
from lib.sources.bluesky.events import moment
from lib.sources.bluesky.gathering import Room
from lib.sources.bluesky.line import Timing
from lib.sources.bluesky.reader import Manners
from lib.sources.posts import Cursor, Page
from tests.servers.bluesky import LocalBluesky
from tests.servers.bluesky_events import Event, account, deletion, identity, post, uri
from tests.servers.bluesky_spoils import Close, CutOff, Frames, Freeze, HalfFrame, Repeat, Shuffle, Skip
from tests.servers.faults import BAD_GATEWAY, Cut, TooMany
from tests.support.bluesky import at_us, haste, hasty_bluesky

# events are a second apart, so with the first kind of manners whatever is skipped leaves a hole; with the second one a
# hole must be longer than any disorder
_HURRY = haste(
    timing=Timing(open_s=3, silence_s=0.2, ping_s=0.05, close_s=0.05), page_s=0.02, rest_s=0.01, room=Room(events=4)
)
_WATCHFUL = _HURRY._replace(hole_s=1.5, overlap_s=4)
_CALM = _HURRY._replace(hole_s=10, overlap_s=15)

_AT_ONCE = 15

_after = st.integers(0, 12)
_few = st.integers(2, 8)
_ends = st.one_of(
    st.builds(Close, _after, st.sampled_from([1000, 1001, 1011, 1013])),
    st.builds(CutOff, _after),
    st.builds(HalfFrame, _after),
    st.builds(Freeze, _after),
)
_changes = st.one_of(st.builds(Frames, _after), st.builds(Repeat, _after, _few))
_disorders = st.builds(Shuffle, _after, _few, st.integers(0, 99))
_skips = st.builds(Skip, _after, _few)
_refusals = st.sampled_from([None, None, BAD_GATEWAY, TooMany("0"), Cut()])


@st.composite
def _logs(draw: st.DrawFn) -> list[Event]:
    """What three people post, edit and delete, their coming and going, and a quiet stretch here and there."""
    log: list[Event] = []
    second = 0
    for number in range(draw(st.integers(10, 60))):
        second += draw(st.sampled_from([1, 1, 1, 1, 1, 1, 1, 1, 1, 30]))
        at, did = at_us(second), f"did:plc:person{draw(st.integers(0, 2))}"
        rkey = f"p{draw(st.integers(0, number))}"
        kind = draw(st.sampled_from(["about us"] * 4 + ["not", "edit", "delete", "gone", "back", "identity"]))
        match kind:
            case "about us":
                log.append(post("$A", time_us=at, rkey=f"p{number}", did=did))
            case "not":
                log.append(post("hello", time_us=at, rkey=f"p{number}", did=did))
            case "edit":
                log.append(post(f"${number}", time_us=at, rkey=rkey, did=did, operation="update"))
            case "delete":
                log.append(deletion(time_us=at, rkey=rkey, did=did))
            case "gone" | "back":
                log.append(account(time_us=at, did=did, active=kind == "back", status="deactivated"))
            case _:
                log.append(identity(time_us=at, did=did))
    # windows are half-open: what is at the very end of the last one is the next one's
    return [*log, identity(time_us=at_us(second + 1))]


class _Table:
    """What the tables hold: who is gone does not come back, and an old version does not undo a new one."""

    def __init__(self) -> None:
        self.posts: dict[str, Post | None] = {}

    def store(self, page: Page) -> None:
        for new in page.posts:
            known = self.posts.get(new.external_id, new)
            if known is None or (known.edited_at and (new.edited_at is None or new.edited_at < known.edited_at)):
                continue
            self.posts[new.external_id] = new
        for name in page.deleted:
            self.posts[name] = None
        for name, known in self.posts.items():
            ended = page.deleted_authors.get(known.author or "") if known is not None else None
            if known is not None and ended is not None and known.published_at <= ended:
                self.posts[name] = None


def _published(log: list[Event]) -> tuple[dict[str, Event], dict[str, Event]]:
    """The last version of every post that is there, and the end of every one that is not. Of one that is edited after
    its end, as an account may do that is back, nothing is expected.
    """
    there: dict[str, Event] = {}
    gone: dict[str, Event] = {}
    revived: set[str] = set()
    for event in log:
        if event["kind"] == "account" and not event["account"]["active"]:
            gone |= {name: event for name, said in there.items() if said["did"] == event["did"]}
        elif event["kind"] == "commit":
            name = uri(event["commit"]["rkey"], event["did"])
            if event["commit"]["operation"] == "delete":
                gone[name] = event
            elif name in gone:
                revived.add(name)
            elif event["commit"]["operation"] == "update" or _is_ours(event):
                there[name] = event
        there = {name: said for name, said in there.items() if name not in gone}
    return there, {name: end for name, end in gone.items() if name not in revived}


def _is_ours(event: Event) -> bool:
    return "$" in event["commit"]["record"]["text"]


@given(data=st.data(), log=_logs(), may_skip=st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_is_missed_in_silence(
    local_bluesky: LocalBluesky, data: st.DataObject, log: list[Event], *, may_skip: bool
) -> None:
    local_bluesky.reset()
    hosts = (local_bluesky.address, local_bluesky.address.replace("127.0.0.1", "localhost"))
    manners: Manners = _WATCHFUL if may_skip else _CALM
    source = hasty_bluesky(hosts=hosts, manners=manners)
    spoils = st.sampled_from([_ends, _changes, _disorders, _skips if may_skip else _disorders]).flatmap(lambda one: one)
    local_bluesky.spoils.then("*", *data.draw(st.lists(spoils, max_size=8)))
    local_bluesky.script.then("*", *data.draw(st.lists(_refusals, max_size=6)))
    if may_skip:
        for host in hosts:
            keep = data.draw(st.sampled_from([None, 3, 15]))
            if keep is not None:
                local_bluesky.keeps[host.removeprefix("ws://")] = timedelta(seconds=keep)

    pages: list[Page] = []
    cursor: Cursor | None = {"time_us": at_us(0)}
    waiting = list(log)
    for reading in range(8):
        few = data.draw(st.integers(1, 4))
        if reading == 7:
            local_bluesky.spoils.clear()
            local_bluesky.script.clear()
            few = 10_000
        cursor = await _read(local_bluesky, source, cursor, waiting, few, pages, until=log[-1]["time_us"])

    assert all(earlier.end == later.start for earlier, later in pairwise(pages))
    assert (pages[0].start, pages[-1].end) == (moment(at_us(0)), moment(log[-1]["time_us"]))
    table = _Table()
    for page in pages:
        table.store(page)
    lost = [(window.start, window.end) for page in pages for window in page.lost]
    there, gone = _published(log)
    for name, last in there.items():
        if not _is_lost(last, lost):
            held = table.posts.get(name)
            assert held is not None, f"{name} is missing"
            assert held.text == last["commit"]["record"]["text"]
    for name, end in gone.items():
        if not _is_lost(end, lost):
            assert table.posts.get(name) is None, f"{name} is kept though it is gone"


def _is_lost(event: Event, lost: list[tuple[datetime, datetime]]) -> bool:
    return any(start <= moment(event["time_us"]) < end for start, end in lost)


async def _read(
    local_bluesky: LocalBluesky,
    source: Bluesky,
    cursor: Cursor | None,
    waiting: list[Event],
    few: int,
    pages: list[Page],
    *,
    until: int,
) -> Cursor | None:
    """Up to `few` pages, while what waits is published; the cursor of the last page."""
    try:
        async with asyncio.timeout(20), aclosing(source.pages("posts", cursor)) as reading:
            async for page in reading:
                pages.append(page)
                cursor = page.cursor or cursor
                local_bluesky.publish(*waiting[:_AT_ONCE])
                del waiting[:_AT_ONCE]
                few -= 1
                if few <= 0 or page.end >= moment(until):
                    break
    except SourceError:
        pass
    return cursor
