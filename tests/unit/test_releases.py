"""The rules of a release: whatever probes, pods and traffic say, a bad version goes back and a good one stays."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.releases import (
    UNSEEN,
    Count,
    Look,
    Phase,
    PodState,
    Record,
    Rules,
    Traffic,
    gives_up,
    in_use,
    judge_probes,
    judge_rollout,
    judge_watch,
    may_go,
    other,
)

RULES = Rules()
# a busy machine is no fault of the rules
AT_EASE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LATER: tuple[Phase, ...] = ("switching", "watching", "cleaning", "returning")
COLOURS = st.sampled_from(["blue", "green"])


def record(phase: Phase) -> Record:
    return Record(
        id="a", kind="release", image="i:2", before_image="i:1", before="blue", after="green",
        services=("stocks",), begun_at=datetime(2026, 11, 28, tzinfo=UTC), phase=phase,
    )  # fmt: skip


@AT_EASE
@given(st.lists(st.sampled_from(["", "stocks answered 500"]), max_size=60))
def test_probes_end_within_their_number_and_only_well_after_three_good_ones(answers: list[str]) -> None:
    asked: list[str] = []
    verdict = judge_probes(asked, RULES)
    for answer in answers:
        if verdict.decision != "wait":
            break
        asked.append(answer)
        verdict = judge_probes(asked, RULES)
    assert len(asked) <= RULES.probes
    assert (verdict.decision == "good") == (len(asked) >= 3 and not any(asked[-3:]))
    if verdict.decision == "bad":
        assert len(asked) > RULES.probes - RULES.in_a_row
        assert "500" in verdict.why


def test_thirty_bad_probes_are_not_needed_once_three_good_ones_cannot_come() -> None:
    assert judge_probes(["bad"] * 27, RULES).decision == "wait"
    assert judge_probes(["bad"] * 28, RULES).decision == "bad"
    assert judge_probes([*["bad"] * 27, "", "", ""], RULES).decision == "good"


@AT_EASE
@given(st.integers(0, 5000), st.integers(0, 5000), st.floats(0, 60))
def test_too_many_errors_never_stay(requests: int, errors: int, at_s: float) -> None:
    look = Look(at_s, max(requests, errors), errors)
    verdict = judge_watch([look], RULES)
    too_many = errors > RULES.error_rate * look.requests
    if too_many and (at_s >= RULES.watch_s or look.requests >= RULES.least_requests):
        assert verdict.decision == "bad"
    if verdict.decision == "good":
        assert at_s >= RULES.watch_s
        assert not too_many


@AT_EASE
@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_what_stays_wrong_ends_the_watch_and_a_moment_does_not(good: list[bool]) -> None:
    looks: list[Look] = []
    for second, fine in enumerate(good):
        looks.append(Look(float(second), 100 * second, 0, wrong="" if fine else "stocks-green-1 is not ready."))
        verdict = judge_watch(looks, RULES)
        if verdict.decision != "wait":
            break
    last_three = [bool(look.wrong) for look in looks[-3:]]
    if verdict.decision == "bad":
        assert last_three == [True] * 3
    if verdict.decision == "good":
        assert not last_three[-1]
        assert looks[-1].at_s >= RULES.watch_s


def test_a_container_that_was_started_again_ends_the_watch() -> None:
    assert judge_watch([Look(1.0, 0, 0, restarts=1)], RULES).decision == "bad"


def test_that_nobody_asked_is_said() -> None:
    verdict = judge_watch([Look(float(second), 0, 0) for second in range(31)], RULES)
    assert verdict == ("good", "Nobody asked for anything within 30 s; 31 probes decided.")


@AT_EASE
@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 100), max_size=3),
    st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 50), st.booleans()), max_size=40),
)
def test_traffic_is_what_was_answered_since(before: dict[str, int], steps: list[tuple[str, int, bool]]) -> None:
    """Pods count from where they stood; one that starts anew counts from zero; one that comes later counts whole."""
    now = dict(before)
    traffic = Traffic({pod: Count(count, 0) for pod, count in before.items()})
    expected = 0
    for pod, more, anew in steps:
        seen = now.get(pod, 0)
        if anew and more < seen:
            now[pod] = more
        else:
            now[pod] = seen + more
        expected += more
        traffic.saw(pod, Count(now[pod], 0))
    assert traffic.requests == expected


@pytest.mark.parametrize(
    ("pods", "waited", "decision"),
    [
        ([], 10, "wait"),
        ([PodState("a", True)], 10, "wait"),
        ([PodState("a", True), PodState("b", True)], 10, "good"),
        ([PodState("a", True), PodState("b", False)], 301, "bad"),
        ([PodState("a", False, ("ErrImageNeverPull",))], 1, "bad"),
        ([PodState("a", False, ("ImagePullBackOff",))], 5, "wait"),
        ([PodState("a", False, ("ImagePullBackOff",))], 61, "bad"),
        ([PodState("a", False, ("CrashLoopBackOff",), 2)], 5, "wait"),
        ([PodState("a", False, ("CrashLoopBackOff",), 3)], 5, "bad"),
        ([PodState("a", True, (), 3), PodState("b", True)], 5, "good"),
    ],
    ids=str,
)
def test_a_rollout_ends(pods: list[PodState], waited: float, decision: str) -> None:
    assert judge_rollout(pods, 2, waited, RULES).decision == decision


@pytest.mark.parametrize("phase", [*UNSEEN, *LATER])
def test_only_what_nobody_saw_is_given_up_and_only_for_another(phase: Phase) -> None:
    assert gives_up(record(phase), "release", "i:3") == (phase in UNSEEN)
    assert gives_up(record(phase), "rollback", "i:2") == (phase in UNSEEN)
    assert not gives_up(record(phase), "release", "i:2")
    assert not gives_up(record(phase), "release", "")


@AT_EASE
@given(
    st.dictionaries(st.sampled_from(["stocks", "sentiment", "users"]), COLOURS, min_size=1),
    COLOURS,
    st.dictionaries(st.sampled_from(["stocks", "sentiment", "users"]), st.integers(0, 3), min_size=1),
)
def test_never_are_both_colours_gone(selected: dict, colour: str, available: dict[str, int]) -> None:  # type: ignore[type-arg]
    """What may be removed is selected by nobody, and the other colour serves everybody."""
    if not may_go(colour, selected.values(), available):  # type: ignore[arg-type]
        assert in_use(selected) == other(colour)  # type: ignore[arg-type]
        assert all(count >= 1 for count in available.values())
