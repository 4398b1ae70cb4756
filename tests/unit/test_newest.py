"""What follows from two looks at a list of newest items: what is new, what is an edit, and what must be missing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from lib.sources.newest import Newest, Taken, take

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Thing(msgspec.Struct, frozen=True):
    ident: str
    at: datetime | None
    title: str | None = None
    text: str = "words"


def thing(number: int, text: str = "words") -> Thing:
    """Published so many minutes after noon."""
    return Thing(str(number), NOON + timedelta(minutes=number), text=text)


def look(memory: Newest, things: Sequence[Thing], minute: float) -> Taken[Thing]:
    taken = take(memory, things, NOON + timedelta(minutes=minute), moved_on="it had moved on")
    # as a cursor it goes through JSON
    kept = msgspec.json.decode(msgspec.json.encode(taken.newest), type=Newest)
    assert kept == taken.newest
    return taken


def fresh(taken: Taken[Thing]) -> list[str]:
    return [found.item.ident for found in taken.fresh]


def test_new_and_edited_come_once_and_keep_their_first_date() -> None:
    first = look(Newest(), [thing(2), thing(1)], 5)
    moved = Thing("1", NOON + timedelta(minutes=9), text="edited")
    second = look(first.newest, [thing(3), moved, thing(2)], 10)
    assert (fresh(first), fresh(second)) == (["2", "1"], ["3", "1"])
    assert second.fresh[1].published_at == NOON + timedelta(minutes=1)
    assert (second.since, second.lost) == (NOON + timedelta(minutes=5), ())
    assert fresh(look(second.newest, [thing(3), moved], 15)) == []


def test_a_date_that_is_missing_or_ahead_is_that_of_the_first_look() -> None:
    first = look(Newest(), [Thing("none", None), Thing("ahead", NOON + timedelta(days=9))], 5)
    assert {found.published_at for found in first.fresh} == {NOON + timedelta(minutes=5)}
    second = look(first.newest, [Thing("none", NOON, text="edited")], 10)
    assert second.fresh[0].published_at == NOON + timedelta(minutes=5)


def test_nothing_in_common_means_that_something_may_be_missing() -> None:
    first = look(Newest(), [thing(2), thing(1)], 5)
    (lost,) = look(first.newest, [thing(30), thing(20)], 40).lost
    assert (lost.start, lost.reason) == (NOON + timedelta(minutes=2), "it had moved on")
    assert lost.end == NOON + timedelta(minutes=20, seconds=1)


def test_one_item_in_common_means_that_nothing_is() -> None:
    first = look(Newest(), [thing(2), thing(1)], 5)
    assert look(first.newest, [thing(30), thing(20), thing(2)], 40).lost == ()


def test_an_old_item_that_comes_back_hides_no_loss() -> None:
    first = look(Newest(), [thing(1)], 2)
    second = look(first.newest, [thing(4), thing(3), thing(1)], 5)
    third = look(second.newest, [thing(4), thing(3)], 6)
    (lost,) = look(third.newest, [thing(1), thing(30)], 40).lost
    assert lost.end == NOON + timedelta(minutes=30, seconds=1)


def test_the_same_items_under_other_names_are_no_loss() -> None:
    first = look(Newest(), [thing(2), thing(1)], 5)
    renamed = [Thing(f"new-{n}", NOON + timedelta(minutes=n)) for n in (2, 1)]
    assert look(first.newest, renamed, 40).lost == ()


def test_a_list_that_was_emptied_may_have_held_more() -> None:
    first = look(Newest(), [thing(1)], 5)
    emptied = look(first.newest, [], 40)
    assert [(lost.start, lost.end) for lost in emptied.lost] == [
        (NOON + timedelta(minutes=1), NOON + timedelta(minutes=40))
    ]
    assert look(emptied.newest, [], 50).lost == ()


def test_a_first_look_claims_a_week_at_most() -> None:
    assert look(Newest(), [thing(0), thing(-20)], 5).since == NOON - timedelta(minutes=20)
    assert look(Newest(), [thing(0), thing(-999_999)], 5).since == NOON + timedelta(minutes=5) - timedelta(days=7)
    assert look(Newest(), [], 5).since == NOON + timedelta(minutes=5)


def test_memory_is_bounded_and_forgets_what_stood_last() -> None:
    newest = look(Newest(), [thing(n) for n in range(3000)], 4000).newest
    newest = look(newest, [thing(n) for n in range(3000, 6000)], 7000).newest
    assert len(newest.seen) == 3000 + 2000
    back = look(newest, [thing(0), thing(2999)], 7001)
    assert fresh(back) == ["2999"]
