"""Which backups are kept: whatever a store holds, what is needed stays."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lib.domain.backups import Backup, Check, Index, Kind, State, Stored, Verdict, backup_id
from lib.domain.retention import (
    FRESH,
    SEGMENT_BYTES,
    Policy,
    first_segment,
    kept_moments,
    plan,
    position,
    refusal,
    segment_position,
)

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(daily=7, weekly=5, monthly=12, window=7 * DAY)


def backup(
    begun: datetime,
    *,
    kind: Kind = "logical",
    state: State = "good",
    parent: str | None = None,
    name: str = "",
    minutes: float = 10,
) -> Backup:
    """A backup that took `minutes`."""
    finished = begun + timedelta(minutes=minutes)
    index = Index(
        id=backup_id(begun, name or kind),
        kind=kind,
        installation="a",
        begun_at=begun,
        finished_at=finished,
        objects={"archive": Stored(1, "", 1)},
        recipients=(),
        parent=parent,
    )
    found = Verdict(at=finished, ok=state == "good", seconds=1, checks=(Check("read", state == "good", ""),))
    return Backup(index=index, verdicts=() if state == "taken" else (found,))


ages = st.integers(0, 500 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
policies = st.builds(
    Policy,
    daily=st.integers(1, 10),
    weekly=st.integers(0, 6),
    monthly=st.integers(0, 13),
    window=st.integers(1, 40 * 24).map(lambda hours: timedelta(hours=hours)),
)


@st.composite
def stores(draw: st.DrawFn) -> list[Backup]:
    """Up to 40 backups of either kind and any state; incremental ones stand on any earlier base backup."""
    found: list[Backup] = []
    drawn = draw(
        st.lists(
            st.tuples(
                ages, st.sampled_from(["logical", "base"]), st.sampled_from(["good", "good", "bad", "taken"]),
                st.booleans(), st.integers(1, 300),
            ), max_size=40,
        )
    )  # fmt: skip
    for number, (age, kind, state, incremental, minutes) in enumerate(sorted(drawn, key=lambda one: -one[0])):
        bases = [one.id for one in found if one.index.kind == "base"]
        parent = draw(st.sampled_from(bases)) if kind == "base" and incremental and bases else None
        found.append(backup(NOW - age, kind=kind, state=state, parent=parent, name=f"{number:02}", minutes=minutes))  # type: ignore[arg-type]
    return draw(st.permutations(found))


@given(stores(), policies)
def test_every_backup_is_kept_for_a_reason_or_goes(store: list[Backup], policy: Policy) -> None:
    made = plan(store, NOW, policy)
    assert sorted([*made.keep, *made.drop]) == sorted(one.id for one in store)
    assert all(made.keep.values())


@given(stores(), policies)
def test_the_newest_good_one_of_each_kind_stays(store: list[Backup], policy: Policy) -> None:
    made = plan(store, NOW, policy)
    for kind in ("logical", "base"):
        mine = [one for one in store if one.index.kind == kind]
        good = [one.id for one in mine if one.state == "good"]
        if good:
            assert max(good) in made.keep
        else:
            assert not {one.id for one in mine} & set(made.drop)


@given(stores(), policies)
def test_whatever_is_kept_has_its_parents(store: list[Backup], policy: Policy) -> None:
    made = plan(store, NOW, policy)
    assert all(one.index.parent in (None, *made.keep) for one in store if one.id in made.keep)


@given(stores(), policies)
def test_nothing_of_the_window_goes_and_nothing_unverified_on_its_first_day(
    store: list[Backup], policy: Policy
) -> None:
    gone = [one for one in store if one.id in plan(store, NOW, policy).drop]
    assert all(one.index.begun_at < NOW - policy.window for one in gone)
    assert all(one.index.begun_at <= NOW - DAY for one in gone if one.state == "taken")


@given(stores(), policies, st.floats(0, 1))
def test_a_moment_of_the_window_is_as_restorable_as_before(store: list[Backup], policy: Policy, share: float) -> None:
    moment = NOW - share * policy.window
    made = plan(store, NOW, policy)

    def leading_there(kept: set[str]) -> bool:
        return any(
            one.index.kind == "base" and one.state == "good" and one.index.finished_at <= moment
            for one in store
            if one.id in kept
        )

    assert leading_there(set(made.keep)) == leading_there({one.id for one in store})


@given(stores(), policies)
def test_each_of_the_last_days_weeks_and_months_keeps_its_newest_good_one(store: list[Backup], policy: Policy) -> None:
    made = plan(store, NOW, policy)
    good = [one for one in store if one.index.kind == "logical" and one.state == "good"]
    for form, most in (("%Y-%m-%d", policy.daily), ("%G-%V", policy.weekly), ("%Y-%m", policy.monthly)):
        newest = {f"{one.index.begun_at:{form}}": one.id for one in sorted(good, key=lambda one: one.id)}
        last = sorted(newest)[-most:] if most else []
        assert {newest[period] for period in last} <= made.keep.keys()


@given(stores(), policies)
def test_bad_and_unverified_ones_stand_for_no_period(store: list[Backup], policy: Policy) -> None:
    made = plan(store, NOW, policy)
    without = plan([one for one in store if one.state == "good"], NOW, policy)
    assert without.keep.keys() <= made.keep.keys()
    states = {one.id: one.state for one in store}
    periods = [one for one, why in made.keep.items() if any(word[:5] in ("day 2", "week ", "month") for word in why)]
    assert {states[one] for one in periods} <= {"good"}


@given(stores(), policies)
def test_what_is_left_stays_when_asked_again(store: list[Backup], policy: Policy) -> None:
    kept = [one for one in store if one.id in plan(store, NOW, policy).keep]
    assert plan(kept, NOW, policy).drop == ()


def test_two_years_of_daily_backups_leave_few_and_reach_far_back() -> None:
    held: list[Backup] = []
    for day in range(730):
        now = NOW + day * DAY
        held.append(backup(now, name="x"))
        gone = plan(held, now, POLICY).drop
        held = [one for one in held if one.id not in gone]
    moments = [one.index.begun_at for one in held]
    # 8 of the window (both of its ends), the ends of 5 weeks and of 12 months, of which some are the same
    assert 18 <= len(held) <= 8 + 5 + 12
    assert max(moments) == now
    assert len({f"{moment:%Y-%m}" for moment in moments}) == 12
    assert now - min(moments) > 330 * DAY


def test_a_week_without_any_costs_none_of_those_before_it() -> None:
    old = [backup(NOW - age * DAY) for age in range(20, 30)]
    # all of them lie outside the window
    assert len([one for one, why in plan(old, NOW, POLICY).keep.items() if any(w.startswith("day") for w in why)]) == 7


def test_reasons_are_told_in_words() -> None:
    base = backup(NOW - 20 * DAY, kind="base", name="full")
    child = backup(NOW - 9 * DAY, kind="base", parent=base.id, name="more")
    young = backup(NOW - DAY, kind="base", name="young", state="bad")
    old = backup(NOW - 30 * DAY, kind="base", name="old")
    made = plan([young, child, base, old], NOW, POLICY)
    assert made.keep == {
        base.id: ("needed by a later one",),
        child.id: ("the newest good one", "the recovery window begins with it"),
        young.id: ("evidence of what went wrong",),
    }
    assert made.drop == (old.id,)


def test_nothing_goes_while_no_new_backup_is_good() -> None:
    fresh, stale = backup(NOW - DAY), backup(NOW - FRESH - timedelta(minutes=1))
    assert refusal([fresh], NOW) == ""
    assert "2026-11-26 02:59 UTC" in refusal([stale, backup(NOW, state="bad"), backup(NOW, state="taken")], NOW)
    assert "No backup is good" in refusal([backup(NOW, state="taken")], NOW)
    assert refusal([], NOW)
    assert "clock" in refusal([fresh, backup(NOW + DAY)], NOW)


def test_things_known_by_their_moment_alone_are_thinned_alike() -> None:
    moments = {f"{age:03}": NOW - age * DAY for age in range(400)}
    kept = kept_moments(moments, NOW, POLICY)
    assert {f"{age:03}" for age in range(8)} <= kept.keys()
    assert len(kept) <= 8 + 5 + 12
    assert kept_moments({"only": NOW - 900 * DAY}, NOW, POLICY).keys() == {"only"}


@given(st.integers(0, 2**48), st.sampled_from([2**20, 2**24, 2**26, 2**30]))
def test_positions_in_the_log_are_read_as_postgresql_writes_them(byte: int, size: int) -> None:
    assert position(f"{byte >> 32:X}/{byte & 0xFFFFFFFF:X}") == byte
    number = byte // size
    per = 2**32 // size
    name = f"00000003{number // per:08X}{number % per:08X}"
    assert segment_position(name, size) == number * size <= byte


def test_the_log_is_needed_from_the_segment_on_that_a_base_backup_begins_in() -> None:
    begins = backup(NOW, kind="base")
    index = begins.index
    small = Index(**{**{name: getattr(index, name) for name in index.__struct_fields__}, "start_lsn": "2/1000028"})
    assert first_segment(Backup(index=small)) == 0x2_0100_0000
    assert first_segment(Backup(index=small)) % SEGMENT_BYTES == 0
