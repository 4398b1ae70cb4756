"""Releases as Prefect runs them: each step a task with its table, a dry run unless told otherwise, and red where the
new version is not in use.
"""

import msgspec
import pytest

from flows.release import release
from lib.errors import ConfigurationError, ReleaseFailed, ReleaseRefused
from lib.release.cluster import open_cluster
from lib.release.lock import hold
from lib.release.words import SERVICES
from tests.flows.test_report import recorded
from tests.servers.kubernetes import LocalKubernetes
from tests.support.releases import QUICK, asking, book_of

RULES: dict[str, float] = msgspec.to_builtins(QUICK)

pytestmark = pytest.mark.usefixtures("installation")


async def test_a_run_without_further_words_only_shows_the_steps(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes):
        state = await release("app:2", return_state=True)
    shown = await state.result()
    assert shown["dry_run"] is True
    words, rows = (await recorded(state))["release-plan"]
    assert words == "app:2 would be in use."
    assert [row["step"] for row in rows][-3:] == ["switch", "watch", "clean up"]
    assert kubernetes.named("deployments") == sorted(f"{service}-blue" for service in SERVICES)


async def test_each_step_is_a_task_with_its_table(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes) as people:
        state = await release("app:2", dry_run=False, rules=RULES, return_state=True)
    ended = await state.result()
    assert (ended["outcome"], ended["image"], ended["colour"]) == ("kept", "app:2", "green")
    assert people.failed == []
    tables = await recorded(state)
    assert set(tables) == {
        f"release-{step}"
        for step in (
            "observe", "contract-the-schema", "expand-the-schema", "deploy", "wait-for-the-rollout", "probe", "switch",
            "watch", "clean-up",
        )
    }  # fmt: skip
    assert all(rows for _, rows in tables.values())


async def test_a_version_that_was_taken_back_is_a_failed_run_with_what_was_found(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes):
        state = await release("app:500", dry_run=False, rules=RULES, return_state=True)
    assert state.is_failed()
    with pytest.raises(ReleaseFailed, match="app:500 is taken back, app:1 is in use"):
        await state.result()
    tables = await recorded(state)
    assert "answers 500" in tables["release-probe"][0]
    assert "blue serves, green is gone" in tables["release-go-back"][0]
    last = book_of(kubernetes).last
    assert last is not None
    assert last.outcome == "taken back"


async def test_two_runs_at_once_and_one_is_refused_by_name(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes), open_cluster() as cluster, hold(cluster, "flow run humble-bee (1)"):
        state = await release("app:2", dry_run=False, return_state=True)
    with pytest.raises(ReleaseRefused, match=r"flow run humble-bee \(1\) holds the lock"):
        await state.result()


async def test_a_rule_that_is_none_is_refused_before_anything(kubernetes: LocalKubernetes) -> None:
    state = await release("app:2", rules={"watch": 5.0}, return_state=True)
    with pytest.raises(ConfigurationError, match="unknown field `watch`"):
        await state.result()
