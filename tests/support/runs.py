"""What a flow run leaves for people to read. It does not know any flow."""

import json
from typing import Any, NamedTuple

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State


class Report(NamedTuple):
    """The run's name, and its artifact's key, sentence and rows."""

    name: str
    key: str
    sentence: str
    rows: list[dict[str, Any]]


async def report(state: State[Any]) -> Report:
    """Of the run that ended in `state`, which left one artifact."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    async with get_client() as client:
        run = await client.read_flow_run(run_id)
        (artifact,) = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    return Report(run.name, artifact.key or "", artifact.description or "", json.loads(str(artifact.data)))
