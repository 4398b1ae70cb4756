"""The account and the cursor of one reading: windows that touch, nothing claimed that was not read, losses named."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from lib.sources.posts import Cursor, Page
from lib.sources.reddit.items import Item
from lib.sources.reddit.listing import Listing
from lib.sources.reddit.reading import Looking, Reading

DAY = datetime(2026, 3, 2, tzinfo=UTC)
SETTLING = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def at(minute: float) -> datetime:
    return DAY + timedelta(minutes=minute)


def listing(minutes: Iterable[float], *, more: bool, now: float | None = 1000) -> Listing:
    """Things of these minutes, in this order; Reddit's clock is at minute `now`."""
    items = tuple(Item(f"t3_{n}", at(minute), is_gone=True) for n, minute in enumerate(minutes))
    return Listing(items, more, None if now is None else at(now))


def down(last: int, first: int) -> range:
    """Minutes from `last` down to `first`."""
    return range(last, first - 1, -1)


def cursor(until: float, newest: float, *, deep: bool = True) -> Cursor:
    return {"until": at(until).isoformat(), "newest": at(newest).isoformat(), "deep": deep}


def read(known: Cursor | None, *listings: Listing) -> list[Page]:
    """The pages, up to the one that ends the reading."""
    reading = Reading(known)
    pages = []
    for each in listings:
        pages.append(reading.page(each))
        if pages[-1].cursor is not None:
            break
    return pages


def test_the_first_reading_goes_to_the_end_and_loses_nothing() -> None:
    pages = read(None, listing(down(999, 900), more=True), listing(down(899, 800), more=False))
    first, last = pages
    assert (first.start, first.end) == (at(904) + SECOND, at(1000) - SETTLING)
    assert (last.start, last.end) == (at(804) + SECOND, first.start)
    assert first.cursor is None
    assert last.cursor == {"until": "2026-03-02T16:39:30Z", "newest": "2026-03-02T16:34:30Z", "deep": True}
    assert (first.lost, last.lost) == ((), ())


def test_later_readings_account_from_where_the_one_before_ended() -> None:
    (page,) = read(cursor(990, 988), listing(down(999, 900), more=True))
    assert (page.start, page.end) == (at(990), at(1000) - SETTLING)
    assert page.cursor is not None
    assert page.cursor["until"] == "2026-03-02T16:39:30Z"


def test_a_long_reading_is_accounted_for_piece_by_piece() -> None:
    pages = read(cursor(750, 750), *(listing(down(n + 99, n), more=True) for n in (900, 800, 700, 600)))
    assert len(pages) == 3
    assert [page.cursor is None for page in pages] == [True, True, False]
    assert pages[0].end == at(1000) - SETTLING
    assert [page.end for page in pages[1:]] == [page.start for page in pages[:-1]]
    assert pages[-1].start == at(750)


def test_where_the_listing_ends_too_early_the_rest_is_lost() -> None:
    pages = read(cursor(100, 100), listing(down(999, 900), more=True), listing(down(899, 800), more=False))
    assert (pages[-1].start, pages[-1].end) == (at(100), pages[0].start)
    (lost,) = pages[-1].lost
    assert (lost.start, lost.end) == (at(100), at(804) + SECOND + SETTLING)
    assert "1,000" in lost.reason
    assert pages[-1].cursor is not None


def test_what_is_newer_than_the_account_can_be_lost_only_later() -> None:
    # more than a listing holds within seconds: the account has not come to it yet
    flood = [1000] * 100
    pages = read(cursor(999.5, 999.5), listing(flood, more=True), listing(flood, more=False))
    assert [(page.start, page.end, page.lost) for page in pages] == [(at(999.5), at(999.5), ())] * 2
    later = read(pages[-1].cursor, listing([1010] * 100, more=True, now=1011), listing([1010] * 100, more=False))
    assert [(lost.start, lost.end) for lost in later[-1].lost] == [(at(999.5), at(1011) - SETTLING)]


def test_a_small_listing_is_whole_whatever_was_deleted() -> None:
    (page,) = read(cursor(990, 500, deep=False), listing([995], more=False))
    assert page.lost == ()
    assert (page.start, page.end) == (at(990), at(1000) - SETTLING)


def test_a_large_listing_that_shrinks_is_doubted_and_then_accounted_for_as_lost() -> None:
    for short in (listing([995], more=False), listing([], more=False)):
        assert Reading(cursor(990, 985)).is_doubtful(short)
        (page,) = read(cursor(990, 985), short)
        assert page.lost[0].start == at(985), "the silence since then was none"
        assert page.cursor is not None
        assert not Reading(page.cursor).is_doubtful(short)
    assert not Reading(cursor(990, 985)).is_doubtful(listing([995, 985], more=False))
    assert not Reading(cursor(990, 985)).is_doubtful(listing([995], more=True))
    assert not Reading(None).is_doubtful(listing([1], more=False))
    assert Reading(None).is_doubtful(listing([], more=False))


def test_a_silence_is_not_believed_before_something_older_was_seen() -> None:
    """The reading before saw nothing newer than minute 500, though it was accounted for up to 990."""
    pages = read(cursor(990, 500), *(listing(down(n + 99, n), more=True) for n in (900, 800, 700, 600, 500, 400)))
    assert len(pages) == 6
    assert pages[-1].cursor is not None


def test_an_empty_listing_leaves_what_was_seen() -> None:
    (page,) = read(cursor(990, 500, deep=False), listing([], more=False))
    assert page.cursor is not None
    assert page.cursor["newest"] == at(500).isoformat().replace("+00:00", "Z")
    assert (page.start, page.end, page.lost) == (at(990), at(1000) - SETTLING, ())


def test_a_few_odd_dates_do_not_end_a_reading() -> None:
    odd = [*down(999, 950), 3, 2, 1, 0, *down(949, 904)]
    pages = read(cursor(850, 850), listing(odd, more=True), listing(down(903, 804), more=True))
    assert len(pages) == 2
    assert pages[0].start == at(904) + SECOND


def test_what_seems_to_come_from_the_future_moves_no_clock() -> None:
    (page,) = read(cursor(990, 988), listing([5000, 5000, *down(999, 900)], more=True))
    assert page.end == at(1000) - SETTLING
    assert page.cursor is not None
    assert page.cursor["newest"] == "2026-03-02T16:36:30Z"


def test_neither_clock_claims_more_than_the_other() -> None:
    now = datetime.now(UTC)
    ahead = Listing((), more=False, at=now + timedelta(hours=1))
    behind = Listing((), more=False, at=now - timedelta(hours=1))
    assert now - SETTLING <= read(None, ahead)[0].end <= datetime.now(UTC) - SETTLING
    assert read(None, behind)[0].end == now - timedelta(hours=1) - SETTLING


def test_without_reddit_s_clock_the_newest_thing_tells_the_time() -> None:
    (page,) = read(cursor(900, 900), listing(down(999, 900), more=True, now=None))
    assert page.end == at(995) - SETTLING


@pytest.mark.parametrize("now", [980, None])
def test_no_account_is_taken_back(now: float | None) -> None:
    (page,) = read(cursor(1001, 990), listing(down(995, 900), more=True, now=now))
    assert (page.start, page.end) == (at(1001), at(1001))
    assert page.cursor is not None
    assert page.cursor["until"] == "2026-03-02T16:41:00Z"


def look(start: float, end: float, known: Cursor | None, *listings: Listing) -> list[Page]:
    looking = Looking(at(start), at(end), known)
    pages = []
    for each in listings:
        page, more = looking.page(each)
        pages.append(page)
        if not more:
            break
    return pages


def pieces(pages: list[Page]) -> list[tuple[float, float]]:
    return [((p.start - DAY) / timedelta(minutes=1), (p.end - DAY) / timedelta(minutes=1)) for p in pages]


def test_the_past_is_read_piece_by_piece_and_no_further_than_asked_for() -> None:
    listings = [listing(down(n + 99, n), more=True) for n in (900, 800, 700, 600)]
    pages = look(750, 850, None, *listings)
    assert pieces(pages) == [(850, 850), (804 + 1 / 60, 850), (750, 804 + 1 / 60)]
    assert all(not page.lost for page in pages)


def test_a_look_at_the_past_goes_on_where_the_last_one_ended() -> None:
    listings = [listing(down(n + 99, n), more=True) for n in (900, 800, 700, 600)]
    second = look(750, 850, None, *listings)[1]
    assert pieces(look(750, 850, second.cursor, *listings))[-1] == (750, 804 + 1 / 60)


def test_what_lies_before_the_listing_is_lost() -> None:
    pages = look(100, 850, None, listing(down(999, 900), more=True), listing(down(899, 800), more=False))
    assert [(lost.start, lost.end) for lost in pages[-1].lost] == [(at(100), at(804) + SECOND + SETTLING)]
    assert pages[-1].start == at(100)
    pages = look(100, 200, None, listing(down(999, 900), more=True), listing(down(899, 800), more=False))
    assert [(lost.start, lost.end) for lost in pages[-1].lost] == [(at(100), at(200))]


def test_a_whole_small_listing_loses_nothing_of_the_past() -> None:
    (page,) = look(100, 1500, None, listing([999, 500], more=False))
    assert (page.start, page.end, page.lost) == (at(100), at(1000) - SETTLING, ())
