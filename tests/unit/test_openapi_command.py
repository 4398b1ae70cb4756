"""`insitechart openapi`: the whole document, as JSON or YAML, whatever this process would serve."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deployments.cli.openapi import openapi
from lib.settings import load_settings


@pytest.fixture(autouse=True)
def one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that would serve stocks alone, and has no database."""
    monkeypatch.setenv("INSITECHART_API_SERVICES", "stocks")
    load_settings.cache_clear()


def test_it_writes_all_services_as_json_or_yaml(tmp_path: Path) -> None:
    told = CliRunner().invoke(openapi, ["--output", str(tmp_path / "openapi.json")], catch_exceptions=False)
    assert "paths written to" in told.output
    document = json.loads((tmp_path / "openapi.json").read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/stocks", "/api/v1/sentiment/trending", "/api/v1/users/me"} <= set(document["paths"])
    written = CliRunner().invoke(openapi, ["--yaml"], catch_exceptions=False)
    assert yaml.safe_load(written.output) == document
