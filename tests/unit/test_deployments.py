"""prefect.yaml: read strictly, complete, and every entry leads to a flow."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deployments.prefect.definitions import PROJECT, Deployment, read_deployments
from lib.errors import ConfigurationError

DEPLOYMENTS = read_deployments()


def test_every_flow_of_the_project_is_a_deployment() -> None:
    files = {f"flows/{file.name}" for file in (PROJECT / "flows").glob("*.py") if file.stem != "__init__"}
    assert files == {deployment.entrypoint.split(":")[0] for deployment in DEPLOYMENTS}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: f"{d.entrypoint}-{d.name}")
def test_a_deployment_says_what_operators_need(deployment: Deployment) -> None:
    assert deployment.description.endswith(".")
    assert deployment.tags
    assert deployment.concurrency_limit is not None
    for schedule in deployment.schedules:
        assert ZoneInfo(schedule.timezone)
        assert schedule.slug


def test_an_unknown_word_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text("deployments:\n  - {name: a, entrypoint: b, description: c, scheduls: []}\n")
    with pytest.raises(ConfigurationError, match=r"scheduls.*deployments\[0\]|deployments\[\.\.\.\]"):
        read_deployments(file)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is missing"):
        read_deployments(tmp_path / "prefect.yaml")
