"""The rules of a release: its colours, its phases, and what probes and watched traffic decide. It does not know
Kubernetes, and asks nobody anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

Colour = Literal["blue", "green"]
Kind = Literal["release", "rollback"]

# each is written down before anything of it is done, so that whoever comes next knows what may have happened
Phase = Literal["migrating", "deploying", "probing", "switching", "watching", "cleaning", "returning"]

UNSEEN: tuple[Phase, ...] = ("migrating", "deploying", "probing")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A release under way: from colour `before` with `before_image` to `after` with `image`. `begun_at` is UTC; `why`
    says, from the phase returning on, why it is taken back.
    """

    id: str
    kind: Kind
    image: str
    before_image: str
    before: Colour
    after: Colour
    services: tuple[str, ...]
    begun_at: datetime
    phase: Phase = "migrating"
    why: str = ""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a release ended: `kept`, or `taken back` and why. `image` and `colour` are in use since `at` (UTC)."""

    id: str
    kind: Kind
    outcome: Literal["kept", "taken back"]
    image: str
    colour: Colour
    at: datetime
    why: str = ""


def sentence(ended: Finished) -> str:
    """How a release ended, for people."""
    if ended.outcome == "kept":
        return f"{ended.image} is in use, as {ended.colour}."
    return f"{ended.image} is in use again, as {ended.colour}: {ended.why}"


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of releases in one place: one under way or broken off, the last that ended, and the image that a
    rollback would bring back, empty where there is none.
    """

    current: Record | None = None
    last: Finished | None = None
    previous: str = ""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new colour is held to; all seconds.

    It is probed `probes` times at most, `pause_s` apart, until `in_a_row` rounds were good. Of watched requests a share
    of `error_rate` may fail; before the end of the watch that counts from `least_requests` on. `bad_in_a_row` looks
    that find pods not ready, or not answering, end the watch.
    """

    probes: int = 30
    in_a_row: int = 3
    pause_s: float = 1.0
    watch_s: float = 30.0
    error_rate: float = 0.01
    least_requests: int = 20
    bad_in_a_row: int = 3
    rollout_s: float = 300.0
    migration_s: float = 900.0
    drain_s: float = 5.0


class Look(msgspec.Struct, frozen=True):
    """One look at the watched colour, `at_s` after the switch: requests and errors so far without those of ours, how
    often containers were started again so far, and what was wrong right then, empty where nothing was.
    """

    at_s: float
    requests: int
    errors: int
    restarts: int = 0
    wrong: str = ""


class Verdict(NamedTuple):
    """What follows, and why: `wait` for more, `good` or `bad`."""

    decision: Literal["wait", "good", "bad"]
    why: str = ""


class PodState(msgspec.Struct, frozen=True):
    """How a pod of a new colour stands. `waiting` are reasons why its containers do not run, as Kubernetes names them;
    `exits` how often one of them ended.
    """

    name: str
    ready: bool
    waiting: tuple[str, ...] = ()
    exits: int = 0


# waiting does not help, for the same image would have to become another
_HOPELESS = frozenset({"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "RegistryUnavailable"})
# may pass, but not after so many tries
_PULLING = frozenset({"ErrImagePull", "ImagePullBackOff"})
_PATIENCE_PULLING_S = 60.0
_EXITS = 3


def other(colour: Colour) -> Colour:
    """The one that is not `colour`."""
    return "green" if colour == "blue" else "blue"


def gives_up(record: Record, kind: Kind, image: str) -> bool:
    """Whether a release that broke off is given up, for `kind` and `image` are wanted now; empty wants nothing else.

    Only what nobody has seen yet is given up; from the switch on it is ended by its own rules.
    """
    return record.phase in UNSEEN and bool(image) and (record.kind, record.image) != (kind, image)


def judge_rollout(pods: Sequence[PodState], wanted: int, waited_s: float, rules: Rules) -> Verdict:
    """Whether `wanted` pods are ready, will be, or never will."""
    for pod in pods:
        hopeless = _HOPELESS.intersection(pod.waiting)
        if hopeless or (_PULLING.intersection(pod.waiting) and waited_s >= _PATIENCE_PULLING_S):
            return Verdict("bad", f"{pod.name} cannot start: {', '.join(pod.waiting)}.")
        if pod.exits >= _EXITS and not pod.ready:
            return Verdict("bad", f"{pod.name} does not stay up: it ended {pod.exits} times.")
    ready = sum(pod.ready for pod in pods)
    if ready >= wanted > 0:
        return Verdict("good", f"{ready} pods are ready.")
    if waited_s >= rules.rollout_s:
        return Verdict("bad", f"{ready} of {wanted} pods are ready after {waited_s:.0f} s.")
    return Verdict("wait")


def judge_probes(rounds: Sequence[str], rules: Rules) -> Verdict:
    """What follows from probes so far: each round is empty where all answers were good, else says what was wrong."""
    good = 0
    for wrong in reversed(rounds):
        if wrong:
            break
        good += 1
    if good >= rules.in_a_row:
        return Verdict("good", f"{good} probes in a row were answered well; it took {len(rounds)}.")
    if len(rounds) + rules.in_a_row - good > rules.probes:
        failed = [wrong for wrong in rounds if wrong]
        return Verdict("bad", f"{len(failed)} of {len(rounds)} probes failed, the last: {failed[-1] if failed else ''}")
    return Verdict("wait")


def judge_watch(looks: Sequence[Look], rules: Rules) -> Verdict:
    """What follows from the looks so far, the newest last.

    The sooner the clearer: many failed requests, containers that were started again, and pods that stay away end it at
    once. What is wrong in the last looks alone is looked at longer.
    """
    if not looks:
        return Verdict("wait")
    last = looks[-1]
    if last.restarts:
        return Verdict("bad", f"Containers ended and were started again: {last.restarts} times.")
    over = last.errors > rules.error_rate * last.requests
    is_over = last.at_s >= rules.watch_s
    if over and (is_over or last.requests >= rules.least_requests):
        return Verdict("bad", f"{_share(last)}; {rules.error_rate:.2%} may.")
    bad = 0
    for look in reversed(looks):
        if not look.wrong:
            break
        bad += 1
    if bad >= rules.bad_in_a_row:
        return Verdict("bad", f"{bad} looks in a row found: {last.wrong}")
    if not is_over or bad:
        return Verdict("wait")
    if last.requests == 0:
        return Verdict("good", f"Nobody asked for anything within {last.at_s:.0f} s; {len(looks)} probes decided.")
    return Verdict("good", f"{_share(last)} within {last.at_s:.0f} s.")


def _share(look: Look) -> str:
    return f"{look.errors:,} of {look.requests:,} requests failed ({look.errors / look.requests:.2%})"


class Count(NamedTuple):
    """Requests that a pod has answered since it started, and those of them that failed."""

    requests: int
    errors: int


class Traffic:
    """Adds up what pods answered since the watch began, though pods come, go and start anew, from their own counts.

    What was there before counts for nothing; a pod that is first seen later counts whole.
    """

    def __init__(self, before: Mapping[str, Count]) -> None:
        self._seen = dict(before)
        self.requests = 0
        self.errors = 0

    def saw(self, pod: str, count: Count) -> None:
        """`pod` says `count` now. A count that shrank began anew."""
        before = self._seen.get(pod, Count(0, 0))
        if count.requests < before.requests or count.errors < before.errors:
            before = Count(0, 0)
        self.requests += count.requests - before.requests
        self.errors += count.errors - before.errors
        self._seen[pod] = count


def in_use(selected: Mapping[str, Colour]) -> Colour | None:
    """The colour that every service selects, or None where they differ."""
    colours = set(selected.values())
    return colours.pop() if len(colours) == 1 else None


def may_go(colour: Colour, selected: Iterable[Colour], available: Mapping[str, int]) -> str:
    """Why the pods of `colour` must not be removed, empty where they may.

    `selected` is what the services select, `available` how many pods of the other colour each of them can use. So at
    any moment at least one colour is whole.
    """
    if colour in selected:
        return f"A service selects {colour}."
    missing = [name for name, count in available.items() if count < 1]
    if missing:
        return f"{other(colour)} has no available pods for {', '.join(missing)}."
    return ""
