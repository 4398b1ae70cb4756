"""When a pod counts as gone: as a cluster tells of it while its node clears it away."""

from typing import Any

import pytest

from lib.release.standing import has_ended

RUNNING: dict[str, Any] = {"running": {"startedAt": "2026-03-02T14:30:00Z"}}
ENDED: dict[str, Any] = {"terminated": {"exitCode": 0}}
# what is told once the container itself is cleared away
CLEARED: dict[str, Any] = {"waiting": {"reason": "ContainerCreating"}}


def pod(*states: dict[str, Any], deleted: bool = True) -> dict[str, Any]:
    stamp = {"deletionTimestamp": "2026-03-02T14:30:00Z"} if deleted else {}
    return {"metadata": {"name": "a", **stamp}, "status": {"containerStatuses": [{"state": one} for one in states]}}


@pytest.mark.parametrize(
    "gone", [pod(ENDED), pod(CLEARED), pod(ENDED, CLEARED), pod(), {"metadata": {"deletionTimestamp": "…"}}]
)
def test_a_deleted_pod_of_which_nothing_runs_has_ended(gone: dict[str, Any]) -> None:
    assert has_ended(gone)


@pytest.mark.parametrize(
    "there", [pod(RUNNING), pod(ENDED, RUNNING), pod(CLEARED, deleted=False), pod(ENDED, deleted=False)]
)
def test_one_that_runs_or_will_run_again_has_not(there: dict[str, Any]) -> None:
    assert not has_ended(there)
