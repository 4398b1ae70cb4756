"""`insitechart config`: it works where the settings do not, says what is set where, and never shows a secret."""

import sys
from pathlib import Path

import pytest

from deployments.cli import main as command
from deployments.local.parts import Addresses, common_environment
from lib.config_places import variable
from lib.keyring.ring import keys_file
from lib.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    load_settings.cache_clear()
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(Settings, field), raising=False)
    monkeypatch.delenv("INSITECHART_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "insitechart.toml"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["insitechart", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return int(ended.value.code or 0)


def test_a_file_is_printed_even_where_the_settings_are_unusable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text("nonsense\n")
    assert run(monkeypatch, "status") == 1
    assert f"error: {file} cannot be read" in capsys.readouterr().err
    assert run(monkeypatch, "config") == 0
    assert "#client_secret = " in capsys.readouterr().out


def test_a_check_tells_what_is_set_where_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text(
        'feeds = "a=https://me:hunter2@example.org/rss"\n[reddit]\nclient_id = "me"\nclient_secret = "hunter2"\n'
    )
    file.chmod(0o644)
    monkeypatch.setenv("INSITECHART_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1/db")
    monkeypatch.setenv("INSITECHART_API_PROT", "80")
    assert run(monkeypatch, "config", "--check") == 0
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err
    lines = [line.split() for line in out.splitlines()]
    assert ["INSITECHART_DATABASE_URL", "set", "the", "environment"] in lines
    assert ["[reddit]", "client_id", "me", "the", "file"] in lines
    assert ["[reddit]", "client_secret", "set", "the", "file"] in lines
    assert f"{file} is read." in out
    assert "INSITECHART_API_PROT is no setting, and changes nothing." in out
    assert f"chmod 600 {file}" in out


def test_a_check_names_all_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text('scorer = "vader@99"\nsources_off = "nosuch"\n')
    assert run(monkeypatch, "config", "--check") == 1
    out = capsys.readouterr().out
    assert f"wrong: scorer in {file}: There is no scorer 'vader@99'." in out
    assert f"wrong: sources_off in {file}: There is no source 'nosuch'." in out
    file.write_text("[api]\nport = 1.5\n[x]\nbudget_day = -1\n")
    assert run(monkeypatch, "config", "--check") == 1
    out = capsys.readouterr().out
    assert f"wrong: [api] port in {file}: " in out
    assert f"wrong: [x] budget_day in {file}: " in out


def test_nothing_set_is_nothing_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "config", "--check") == 0
    out = capsys.readouterr().out
    assert "only the environment is read" in out
    assert "Nothing is wrong." in out


def test_every_command_warns_of_secrets_that_others_may_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text('[reddit]\nclient_secret = "hunter2"\n')
    file.chmod(0o640)
    run(monkeypatch, "status")
    assert f"warning: {file} holds secrets and other users may read it." in capsys.readouterr().err


def test_the_parts_of_the_platform_read_the_same_file(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    addresses = Addresses("127.0.0.1", 8000, 4200)
    # no file here is no file there, whatever lies in the folder where they run
    assert common_environment(file.parent, "mark", addresses)["INSITECHART_CONFIG"] == "/dev/null"
    file.write_text("")
    assert common_environment(file.parent, "mark", addresses)["INSITECHART_CONFIG"] == str(file)
    monkeypatch.setenv("INSITECHART_CONFIG", "insitechart.toml")
    assert common_environment(file.parent, "mark", addresses)["INSITECHART_CONFIG"] == str(file)


def test_the_parts_of_the_platform_have_the_same_secret_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    addresses = Addresses("127.0.0.1", 8000, 4200)
    monkeypatch.chdir(tmp_path)
    told = common_environment(tmp_path / "home", "mark", addresses)
    assert keys_file(Settings(home=Path(told["INSITECHART_HOME"]))) == tmp_path / "home" / "secrets" / "keys"
    # they run in a folder of their own, and a path is meant from here
    monkeypatch.setenv("INSITECHART_SECRET_KEYS_FILE", "mine/keys")
    monkeypatch.setenv("INSITECHART_REDIS_URL_FILE", "mine/redis")
    monkeypatch.setenv("INSITECHART_WEBHOOK_CA_FILE", str(tmp_path / "ca.pem"))
    told = common_environment(tmp_path / "home", "mark", addresses)
    assert told["INSITECHART_SECRET_KEYS_FILE"] == str(tmp_path / "mine" / "keys")
    assert told["INSITECHART_REDIS_URL_FILE"] == str(tmp_path / "mine" / "redis")
    assert told["INSITECHART_WEBHOOK_CA_FILE"] == str(tmp_path / "ca.pem")
