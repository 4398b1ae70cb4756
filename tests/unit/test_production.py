"""What a production start refuses, each thing by itself and all of them together."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lib.errors import ConfigurationError
from lib.production import refusals, require_safe
from lib.settings import Settings
from lib.webhooks.wall import wall_of

SAFE: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://someone@db/insitechart",
    "secret_keys": "1:pW3vQ9xZr7LkT2mN8sYb4HcJ6dFgA1eUoI5qRtXwVyE",
    "allowed_hosts": ("api.example.com",),
    "operations_from": ("10.0.0.0/8",),
    "public_url": "https://insitechart.example.com",
}


def test_development_refuses_nothing() -> None:
    assert refusals(Settings(environment="development", allowed_hosts=("*",), cors_origins=("*",))) == []


def test_what_is_safe_may_start() -> None:
    assert refusals(Settings(**SAFE)) == []
    require_safe(Settings(**SAFE))


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("database_url", None, "INSITECHART_DATABASE_URL"),
        ("secret_keys", None, "INSITECHART_SECRET_KEYS"),
        ("secret_keys", "1:short", "key"),
        ("secret_keys_file", "/nowhere/keys", "INSITECHART_SECRET_KEYS_FILE"),
        ("allowed_hosts", (), "INSITECHART_ALLOWED_HOSTS"),
        ("allowed_hosts", ("*",), "INSITECHART_ALLOWED_HOSTS"),
        ("cors_origins", ("*",), "INSITECHART_CORS_ORIGINS"),
        ("trusted_proxies", ("*",), "INSITECHART_TRUSTED_PROXIES"),
        ("trusted_proxies", ("0.0.0.0/0",), "INSITECHART_TRUSTED_PROXIES"),
        ("operations_from", ("*",), "INSITECHART_OPERATIONS_FROM"),
        ("public_url", "http://insitechart.example.com", "INSITECHART_PUBLIC_URL"),
        ("public_url", "http://localhost@insitechart.example.com", "INSITECHART_PUBLIC_URL"),
        ("public_url", None, "INSITECHART_PUBLIC_URL"),
        ("webhook_http", True, "INSITECHART_WEBHOOK_HTTP"),
        ("webhook_allow", ("0.0.0.0/0",), "INSITECHART_WEBHOOK_ALLOW"),
        ("webhook_allow", ("hooks.internal", "::/0"), "INSITECHART_WEBHOOK_ALLOW"),
    ],
)
def test_each_unsafe_thing_is_named(setting: str, value: Any, named: str) -> None:
    found = refusals(Settings(**SAFE | {setting: value}))
    assert len(found) == 1
    assert named in found[0]


def test_who_serves_no_users_mails_no_links() -> None:
    assert refusals(Settings(**SAFE | {"public_url": None, "api_services": ("stocks", "sentiment")})) == []
    assert refusals(Settings(**SAFE | {"public_url": "http://localhost:8000"})) == []


def test_a_flow_sends_no_webhooks_in_the_open_either() -> None:
    with pytest.raises(ConfigurationError, match="in the open"):
        wall_of(Settings(**SAFE | {"webhook_http": True}))


def test_all_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        require_safe(Settings(environment="production", allowed_hosts=(), operations_from=("*",)))
    for name in ("DATABASE_URL", "SECRET_KEYS", "ALLOWED_HOSTS", "OPERATIONS_FROM"):
        assert f"INSITECHART_{name}" in str(refused.value)


@pytest.mark.parametrize(
    "command", [["-m", "api"], ["-m", "deployments.cli", "config", "--check"]], ids=["start", "config"]
)
def test_the_process_says_so_and_ends(command: list[str], tmp_path: Path) -> None:
    environment = {"INSITECHART_ENVIRONMENT": "production", "INSITECHART_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, *command], env=environment, cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1
    told = " ".join((ended.stdout + ended.stderr).split())
    for name in ("DATABASE_URL", "SECRET_KEYS", "ALLOWED_HOSTS"):
        assert f"INSITECHART_{name}" in told
    assert "Traceback" not in told
