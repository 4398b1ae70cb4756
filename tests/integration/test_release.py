"""A release over the wire: kept where it does well, taken back by itself where not, and never are both colours gone."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import pytest

from lib.domain.releases import Book, Finished, Phase, Record
from lib.errors import ClusterAway, ReleaseFailed, ReleaseRefused
from lib.release import lock as locking
from lib.release.cluster import open_cluster
from lib.release.conduct import Wanted, carry_out
from lib.release.lock import hold, read_book
from lib.release.planning import plan
from lib.release.step import Done, plainly
from lib.release.words import COLOUR, LEASE, RELEASE, SERVICES
from tests.servers.kubernetes import LocalKubernetes
from tests.support.releases import QUICK, asking, book_of, colours_of

BLUE = [f"{service}-blue" for service in sorted(SERVICES)]
GREEN = [f"{service}-green" for service in sorted(SERVICES)]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a dead release held is free soon."""
    monkeypatch.setattr(locking, "LASTS_S", 2)
    monkeypatch.setattr(locking, "RENEWED_S", 0.4)


async def release(image: str, kind: str = "release", run: Callable[..., Awaitable[Done]] = plainly) -> Finished:
    async with open_cluster("here", patience_s=5) as cluster:
        wanted = Wanted(kind, image, rules=QUICK)  # type: ignore[arg-type]
        return await carry_out(cluster, wanted, "this test", run)


async def test_green_is_released_and_nobody_notices(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes) as people:
        ended = await release("app:2")
        await asyncio.sleep(0.3)
    assert (ended.outcome, ended.image, ended.colour) == ("kept", "app:2", "green")
    assert len(people.answers) > 50
    assert people.failed == []
    assert people.answers[-1] == ("200", "2")
    assert colours_of(kubernetes) == {"green"}
    assert kubernetes.named("deployments") == kubernetes.named("horizontalpodautoscalers") == GREEN
    assert kubernetes.named("jobs") == []
    made = kubernetes.objects["deployments", "stocks-green"]
    pod = made["spec"]["template"]["spec"]
    assert [container["image"] for container in pod["containers"]] == ["app:2", "beside:1"]
    assert pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"][COLOUR] == "green"
    assert made["metadata"]["annotations"] == {"insitechart.io/kept": "yes", RELEASE: ended.id}
    assert "uid" not in made["metadata"]
    scaler = kubernetes.objects["horizontalpodautoscalers", "stocks-green"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == "stocks-green"
    assert book_of(kubernetes).previous == "app:1"


async def test_a_node_that_clears_away_slowly_is_not_waited_for(kubernetes: LocalKubernetes) -> None:
    kubernetes.lingers = True
    async with asking(kubernetes) as people, asyncio.timeout(60):
        for image in ("app:2", "app:3"):
            ended = await release(image)
            assert (ended.outcome, ended.image) == ("kept", image)
    assert people.failed == []
    # of both colours there are pods that have ended
    assert len(kubernetes.named("pods")) > len(SERVICES) * 4
    assert colours_of(kubernetes) == {"blue"}


async def test_back_after_the_clean_up_and_not_further(kubernetes: LocalKubernetes) -> None:
    await release("app:2")
    async with asking(kubernetes) as people:
        ended = await release("", "rollback")
    assert (ended.kind, ended.image, ended.colour) == ("rollback", "app:1", "blue")
    assert people.failed == []
    assert kubernetes.named("deployments") == BLUE
    with pytest.raises(ReleaseRefused, match="no version to go back to from app:1"):
        await release("", "rollback")


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("app:never", "does not stay up: it ended 3 times"),
        ("app:missing", "cannot start: ErrImageNeverPull"),
        ("app:unready", "pods are ready after"),
        ("app:500", "does not answer well: .* answers 500 to /api/v1/stocks"),
        ("app:broken-schema", "Migration 0900 failed and changed nothing"),
    ],
    ids=lambda value: value.rpartition(":")[2] if value.startswith("app:") else "why",
)
async def test_a_bad_version_is_seen_by_nobody(kubernetes: LocalKubernetes, image: str, why: str) -> None:
    async with asking(kubernetes) as people:
        with pytest.raises(ReleaseFailed, match=f"{image} is taken back, app:1 is in use: (?s:.)*{why}"):
            await release(image)
    assert people.failed == []
    assert {version for _, version in people.answers} == {"1"}
    assert kubernetes.named("deployments") == kubernetes.named("horizontalpodautoscalers") == BLUE
    assert kubernetes.named("jobs") == []
    assert colours_of(kubernetes) == {"blue"}
    last = book_of(kubernetes).last
    assert last is not None
    assert (last.outcome, last.image) == ("taken back", "app:1")


@pytest.mark.parametrize(("image", "why"), [("app:late", "requests failed"), ("app:dies", "were started again")])
async def test_what_turns_bad_after_the_switch_goes_back_by_itself(
    kubernetes: LocalKubernetes, image: str, why: str
) -> None:
    async with asking(kubernetes) as people:
        with pytest.raises(ReleaseFailed, match=why):
            await release(image)
        went_back = len(people.answers)
        await asyncio.sleep(0.5)
    assert people.answers[went_back:]
    assert set(people.answers[went_back:]) == {("200", "1")}
    assert kubernetes.named("deployments") == BLUE


class Killed(BaseException):
    """As if the process had ended: nothing catches it."""


@pytest.mark.parametrize("broken_off", ["deploy", "wait for the rollout", "probe", "switch", "watch", "clean up"])
@pytest.mark.parametrize("then", ["again", "another", "back"])
async def test_whoever_dies_is_followed_by_somebody_who_ends_it(
    kubernetes: LocalKubernetes, broken_off: str, then: str
) -> None:
    async def die(name: str, work: Callable[[], Awaitable[Done]]) -> Done:
        # once the work is done, and before anybody has heard of it
        done = await work()
        if name == broken_off:
            raise Killed
        return done

    async with asking(kubernetes) as people:
        with pytest.raises(Killed):
            await release("app:2", run=die)
        if then == "back" and broken_off == "clean up":
            ended = await release("", "rollback")
        elif then == "back":
            ended = await release("", "rollback")
            assert ended.outcome == "taken back"
        else:
            ended = await release({"again": "app:2", "another": "app:3"}[then])
        await asyncio.sleep(0.2)
    assert people.failed == []
    assert ended.image == {"again": "app:2", "another": "app:3", "back": "app:1"}[then]
    assert people.answers[-1] == ("200", ended.image.removeprefix("app:"))
    assert kubernetes.named("deployments") == [f"{service}-{ended.colour}" for service in sorted(SERVICES)]
    assert book_of(kubernetes).current is None


async def test_a_switch_that_was_half_done_is_ended(kubernetes: LocalKubernetes) -> None:
    async def die(name: str, work: Callable[[], Awaitable[Done]]) -> Done:
        if name == "switch":
            kubernetes.objects["services", "users"]["spec"]["selector"][COLOUR] = "green"
            raise Killed
        return await work()

    async with asking(kubernetes) as people:
        with pytest.raises(Killed):
            await release("app:2", run=die)
        assert colours_of(kubernetes) == {"blue", "green"}
        ended = await release("")
    assert (ended.outcome, ended.image) == ("kept", "app:2")
    assert people.failed == []


async def test_a_second_release_is_refused_and_told_whose_the_first_is(kubernetes: LocalKubernetes) -> None:
    async with open_cluster("here") as cluster, hold(cluster, "the run of somebody"):
        with pytest.raises(ReleaseRefused, match="Another release is under way: the run of somebody holds the lock"):
            await release("app:2")
        # longer than it lasts, for it is renewed
        await asyncio.sleep(2.5)
        with pytest.raises(ReleaseRefused, match="the run of somebody"):
            await release("app:2")
        assert (await read_book(cluster))[1] == "the run of somebody"
    assert kubernetes.named("deployments") == BLUE
    assert (await release("app:2")).outcome == "kept"


async def test_whoever_lost_the_lock_changes_nothing_more(kubernetes: LocalKubernetes) -> None:
    async def rob(name: str, work: Callable[[], Awaitable[Done]]) -> Done:
        if name == "switch":
            lease = msgspec.json.decode(msgspec.json.encode(kubernetes.objects["leases", LEASE]))
            lease["spec"]["holderIdentity"] = "a thief"
            kubernetes.put("leases", lease)
            await asyncio.sleep(1.2)
        return await work()

    with pytest.raises(Exception, match="belongs to a thief now"):
        await release("app:2", run=rob)
    assert colours_of(kubernetes) == {"blue"}
    assert kubernetes.named("deployments") == sorted(BLUE + GREEN)


async def test_errors_of_the_api_server_are_outlasted(kubernetes: LocalKubernetes) -> None:
    """One request of three fails: by a status, or by a line that is cut, before or instead of being served."""
    kubernetes.failing = itertools.cycle([None, None, 503, None, None, 0, None, None, 500, None, None, 429])
    async with asking(kubernetes) as people:
        ended = await release("app:2")
    assert ended.outcome == "kept"
    assert kubernetes.failed > 20
    assert people.failed == []


async def test_an_api_server_that_stays_away_leaves_both_colours_and_the_next_run_goes_on(
    kubernetes: LocalKubernetes,
) -> None:
    async def cut(name: str, work: Callable[[], Awaitable[Done]]) -> Done:
        if name == "watch":
            kubernetes.failing = itertools.repeat(503)
        return await work()

    async with asking(kubernetes) as people:
        with pytest.raises(ClusterAway, match="does not do"):
            await release("app:2", run=cut)
        assert kubernetes.named("deployments") == sorted(BLUE + GREEN)
        kubernetes.failing = iter(())
        ended = await release("")
    assert (ended.outcome, ended.image) == ("kept", "app:2")
    assert people.failed == []


async def test_what_contracts_belongs_to_the_version_in_use_and_forecloses_the_one_before(
    kubernetes: LocalKubernetes,
) -> None:
    await release("app:2-migrated")
    assert book_of(kubernetes).previous == "app:1"
    with pytest.raises(ReleaseFailed):
        await release("app:500")
    assert book_of(kubernetes).previous == ""
    with pytest.raises(ReleaseRefused, match="no version to go back to"):
        await release("", "rollback")


async def test_a_plan_changes_nothing(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes), open_cluster("here") as cluster:
        before = {key: body["metadata"]["resourceVersion"] for key, body in kubernetes.objects.items()}
        done = await plan(cluster, Wanted(image="app:2"))
        assert [row["step"] for row in done.rows] == [
            "contract the schema", "expand the schema", "deploy", "wait for the rollout", "probe", "switch", "watch",
            "clean up",
        ]  # fmt: skip
        assert {key: body["metadata"]["resourceVersion"] for key, body in kubernetes.objects.items()} == before
        with pytest.raises(ReleaseRefused, match="app:1 is in use already"):
            await plan(cluster, Wanted(image="app:1"))
        with pytest.raises(ReleaseRefused, match="Which image"):
            await plan(cluster, Wanted())


@pytest.mark.parametrize("phase", ["deploying", "watching", "cleaning", "returning"])
async def test_a_plan_says_how_what_broke_off_would_be_ended(kubernetes: LocalKubernetes, phase: Phase) -> None:
    record = Record(
        id="a", kind="release", image="app:2", before_image="app:1", before="blue", after="green",
        services=SERVICES, begun_at=datetime(2026, 11, 28, tzinfo=UTC), phase=phase,
    )  # fmt: skip
    async with open_cluster("here") as cluster:
        async with hold(cluster, "somebody") as lock:
            await lock.write(Book(current=record))
        again = await plan(cluster, Wanted())
        back = await plan(cluster, Wanted("rollback"))
    assert again.said == f"A release of app:2 broke off while {phase}: it would be ended."
    assert again.rows[0]["step"] == {
        "deploying": "deploy", "watching": "watch", "cleaning": "clean up", "returning": "go back",
    }[phase]  # fmt: skip
    assert back.rows[0]["step"] == ("clean up" if phase == "cleaning" else "go back")


async def test_services_that_differ_are_refused_with_what_to_do(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes):
        kubernetes.objects["services", "users"]["spec"]["selector"][COLOUR] = "green"
        with pytest.raises(ReleaseRefused, match="select different colours"):
            await release("app:2")
    del kubernetes.objects["services", "users"]
    with pytest.raises(ReleaseRefused, match="is no Service: users"):
        await release("app:2")
    assert kubernetes.named("deployments") == BLUE
