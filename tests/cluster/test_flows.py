"""Runs as Jobs: what the worker makes of a run on the pool, and what becomes of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import eventually
from tests.cluster.platform import Platform

SAMPLE = "/app/deployments/local/sample"

_PAUSE = """
import asyncio
from prefect.client.orchestration import get_client
async def main():
    async with get_client() as client:
        for one in await client.read_deployments():
            await client.set_deployment_paused_state(one.id, True)
        for run in await client.read_flow_runs(limit=200):
            await client.delete_flow_run(run.id)
asyncio.run(main())
"""

_RUN = """
import asyncio, json, sys
from prefect.client.orchestration import get_client
async def main():
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(sys.argv[1])
        run = await client.create_flow_run_from_deployment(
            deployment.id, parameters=json.loads(sys.argv[2]), job_variables=json.loads(sys.argv[3])
        )
        print(run.id)
asyncio.run(main())
"""

_LOOK = """
import asyncio, json, sys
from uuid import UUID
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
async def main():
    async with get_client() as client:
        run = await client.read_flow_run(UUID(sys.argv[1]))
        logs = await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
        print(json.dumps({"state": run.state.type.value, "logs": [one.message for one in logs]}))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def worker(platform: Platform) -> Iterator[Platform]:
    """A worker that takes what is asked for here, and nothing that was planned."""
    _python(platform, _PAUSE)
    platform.kube.run("scale", "deployment/prefect-worker", "--replicas=1")
    platform.kube.rolled_out("deployment/prefect-worker")
    yield platform
    platform.kube.run("scale", "deployment/prefect-worker", "--replicas=0")


def _python(platform: Platform, text: str, *arguments: str) -> str:
    return platform.kube.execute("pod/client", "python", "-c", text, *arguments)


def _start(platform: Platform, deployment: str, job: dict[str, str] | None = None, **parameters: Any) -> str:
    return _python(platform, _RUN, deployment, json.dumps(parameters), json.dumps(job or {})).split()[-1]


def _look(platform: Platform, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_python(platform, _LOOK, run).splitlines()[-1])
    return found


def _ends(platform: Platform, run: str, seconds: float = 240) -> dict[str, Any]:
    ended: list[dict[str, Any]] = []

    def over() -> bool:
        ended[:] = [_look(platform, run)]
        return ended[0]["state"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

    eventually(over, platform.kube, seconds)
    return ended[0]


def _job(platform: Platform, run: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = platform.kube.get("jobs", "-l", f"prefect.io/flow-run-id={run}")["items"]
    assert len(found) == 1
    return found[0]


def test_every_deployment_is_recorded(worker: Platform) -> None:
    listed = worker.kube.execute("pod/client", "prefect", "deployment", "ls")
    assert "score-posts/default" in listed
    assert "backup/logical" in listed


def test_a_deployment_is_run_by_hand(worker: Platform) -> None:
    """As a person would: the command waits, and says how it ended."""
    told = worker.kube.execute(
        "pod/client",
        "prefect", "deployment", "run", "import-archive/default", "--watch", "--watch-timeout", "240",
        "--param", "kind=symbols", "--param", f'files=["{SAMPLE}/symbols.csv"]',
        seconds=300,
    )  # fmt: skip
    assert "Completed" in told or "finished successfully" in told, told
    answer = worker.ask("http://stocks/api/v1/stocks?q=apple")
    assert "AAPL" in [item["symbol"] for item in answer.json()["items"]]


@pytest.mark.further
def test_a_run_is_a_job_that_may_do_nothing(worker: Platform) -> None:
    run = _start(worker, "score-posts/default")
    ended = _ends(worker, run)
    assert ended["state"] == "COMPLETED", ended
    # the run says so itself, a moment before the cluster has seen its pod end
    eventually(lambda: _job(worker, run)["status"].get("succeeded") == 1, worker.kube, 60)
    job = _job(worker, run)
    assert job["spec"]["ttlSecondsAfterFinished"] == 900
    pod = job["spec"]["template"]["spec"]
    made = worker.kube.get("pods", "-l", f"prefect.io/flow-run-id={run}")["items"]
    assert [mount["name"] for mount in made[0]["spec"]["containers"][0]["volumeMounts"]] == ["scratch", "keys"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["containers"][0]["image"] == worker.images.insitechart
    assert job["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "flow"


@pytest.mark.further
def test_a_run_that_fails_says_why(worker: Platform) -> None:
    ended = _ends(worker, _start(worker, "import-archive/default", kind="posts", files=["/nowhere/posts.csv"]))
    assert ended["state"] == "FAILED"
    assert any("/nowhere/posts.csv" in line for line in ended["logs"])


@pytest.mark.further
def test_a_run_that_was_killed_has_crashed(worker: Platform) -> None:
    """The worker watches the cluster, so nobody waits for what will not come: here it needs more memory than it has."""
    run = _start(worker, "score-posts/default", {"memory_request": "32Mi", "memory_limit": "48Mi"})
    assert _ends(worker, run)["state"] == "CRASHED"


@pytest.mark.further
def test_a_run_that_is_cancelled_ends_with_its_job(worker: Platform) -> None:
    # goes on for a while, whatever can be reached from here
    run = _start(worker, "drill/database")
    eventually(lambda: _look(worker, run)["state"] == "RUNNING", worker.kube, 180)
    worker.kube.execute("pod/client", "prefect", "flow-run", "cancel", run)
    eventually(lambda: _look(worker, run)["state"] == "CANCELLED", worker.kube, 180)
    eventually(lambda: not _active(worker, run), worker.kube, 60)


def _active(platform: Platform, run: str) -> int:
    """How many pods of it still run. A Job that is over stays for a while, or is gone already."""
    found = platform.kube.get("jobs", "-l", f"prefect.io/flow-run-id={run}")["items"]
    return sum(one["status"].get("active", 0) for one in found)
