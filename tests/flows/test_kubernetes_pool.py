"""The pool whose runs are Jobs, on a real Prefect server, and the Job that the worker makes of a run."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun
from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

from deployments.checks.manifests import broken_rules
from deployments.prefect.job_template import job_template
from deployments.prefect.kubernetes import apply_pool, until_reachable
from lib.errors import ConfigurationError


async def test_the_pool_is_made_then_left_alone_then_changed() -> None:
    async with get_client() as client:
        await until_reachable(client, 10)
        first, second = job_template("insitechart:1", "there"), job_template("insitechart:2", "there")
        assert await apply_pool(client, first, "jobs") == "made: jobs"
        assert await apply_pool(client, first, "jobs") is None
        assert await apply_pool(client, second, "jobs") == "changed: jobs"
        recorded = (await client.read_work_pool("jobs")).base_job_template
        assert recorded["variables"]["properties"]["image"]["default"] == "insitechart:2"


async def test_a_pool_of_another_type_is_not_taken_over() -> None:
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name="processes", type="process"))
        with pytest.raises(ConfigurationError, match="type process, not kubernetes"):
            await apply_pool(client, job_template("insitechart:1", "there"), "processes")


async def _job(**values: Any) -> dict[str, Any]:
    configuration = await KubernetesWorkerJobConfiguration.from_template_and_values(
        job_template("registry.example.com/insitechart:7", "there"), values
    )
    configuration.prepare_for_flow_run(FlowRun(id=uuid4(), flow_id=uuid4(), name="swift-heron"))
    manifest: dict[str, Any] = configuration.job_manifest
    return manifest


async def test_the_worker_makes_a_restricted_job() -> None:
    job = await _job()
    assert job["metadata"]["namespace"] == "there"
    pod = job["spec"]["template"]
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "flow"
    container = pod["spec"]["containers"][0]
    assert container["image"] == "registry.example.com/insitechart:7"
    assert container["args"] == ["prefect", "flow-run", "execute"]
    assert list(broken_rules({**job, "metadata": {**job["metadata"], "name": "of-a-run"}})) == []
    names = [one["name"] for one in container["env"]]
    assert len(names) == len(set(names))
    assert {"INSITECHART_DATABASE_URL", "INSITECHART_SECRET_KEYS_FILE", "PREFECT__FLOW_RUN_ID"} <= set(names)


async def test_a_deployment_may_ask_for_more() -> None:
    job = await _job(
        memory_request="4Gi", memory_limit="8Gi", active_deadline=60, env={"INSITECHART_TASK_WORKERS": "8"}
    )
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {"requests": {"cpu": "250m", "memory": "4Gi"}, "limits": {"memory": "8Gi"}}
    assert job["spec"]["activeDeadlineSeconds"] == 60
    assert {"name": "INSITECHART_TASK_WORKERS", "value": "8"} in container["env"]


def test_a_template_that_is_none_is_refused(tmp_path: Path) -> None:
    spoiled = tmp_path / "job_template.yaml"
    spoiled.write_text("variables: []\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"job_template\.yaml cannot be used"):
        job_template("insitechart:1", "there", spoiled)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        job_template("insitechart:1", "there", tmp_path / "missing.yaml")
