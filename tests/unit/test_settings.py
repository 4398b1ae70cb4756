"""Settings: an unusable value is one sentence that names its place, and the documents tell the truth about each."""

from decimal import Decimal
from pathlib import Path

import pytest

from lib.config_file import key_in_file
from lib.config_places import Place, file_variable, open_secrets, places, variable
from lib.errors import ConfigurationError
from lib.settings import Settings, load_settings

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the file would lie. Each test reads the settings anew, of a clean environment."""
    load_settings.cache_clear()
    for field in Settings.model_fields:
        for name in (variable(Settings, field), file_variable(Settings, field)):
            monkeypatch.delenv(name or "", raising=False)
    monkeypatch.delenv("INSITECHART_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "insitechart.toml"


def test_an_unusable_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_API_PORT", "eighty")
    with pytest.raises(ConfigurationError, match=r"INSITECHART_API_PORT: .*valid integer"):
        load_settings()


def test_an_unusable_value_of_the_file_is_named_as_it_stands_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('watchlist = ["AAPL", 5]\n[api]\nport = "eighty"\n')
    monkeypatch.setenv("INSITECHART_PREFECT_PORT", "-1")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    told = str(caught.value)
    assert f"[api] port in {file}: Input should be a valid integer" in told
    assert f"watchlist in {file}: entry 2: Input should be a valid string" in told
    assert "INSITECHART_PREFECT_PORT: Input should be greater than or equal to 0" in told
    assert "INSITECHART_API_PORT" not in told


def test_a_variable_with_a_name_of_its_own_is_named_by_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("pg_bindir = 5\n")
    with pytest.raises(ConfigurationError, match=r"pg_bindir in /"):
        load_settings()
    monkeypatch.setenv("PG_BINDIR", "/opt/pg/bin")
    assert load_settings().pg_bindir == Path("/opt/pg/bin")
    assert places(Settings) == {"pg_bindir": Place("PG_BINDIR")}


def test_a_watchlist_is_comma_separated_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_WATCHLIST", " aapl, 005930.ks,")
    assert load_settings().watchlist == ("AAPL", "005930.KS")
    load_settings.cache_clear()
    monkeypatch.setenv("INSITECHART_WATCHLIST", "AAPL,not a symbol")
    with pytest.raises(ConfigurationError, match=r"INSITECHART_WATCHLIST.*not a symbol"):
        load_settings()


def test_the_environment_comes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('contact = "file"\nscorer = "file@1"\n[x]\nbudget_day = 3\n')
    monkeypatch.setenv("INSITECHART_CONTACT", "environment")
    monkeypatch.setenv("INSITECHART_SCORER", "")
    settings = load_settings()
    assert (settings.contact, settings.scorer, settings.x_budget_day) == ("environment", "file@1", 3)
    assert places(Settings) == {
        "contact": Place("INSITECHART_CONTACT"),
        "scorer": Place("scorer", file),
        "x_budget_day": Place("[x] budget_day", file),
    }


@pytest.mark.parametrize("written", ['"AAPL, msft,"', '["AAPL", " msft "]'])
def test_lists_of_the_file_are_lists_or_words_between_commas(file: Path, written: str) -> None:
    file.write_text(f"watchlist = {written}\n")
    assert load_settings().watchlist == ("AAPL", "MSFT")


def test_an_empty_list_is_a_list_and_an_empty_text_is_not_set(file: Path) -> None:
    file.write_text('watchlist = []\nfeeds = ""\n[reddit]\nclient_secret = ""\n')
    settings = load_settings()
    assert (settings.watchlist, settings.reddit_client_secret) == ((), None)
    assert settings.feeds == Settings.model_fields["feeds"].default


def test_feeds_may_be_a_table(file: Path) -> None:
    file.write_text('[feeds]\nsec = "https://example.org/a"\nbank-of-x = "https://example.org/b"\n')
    assert load_settings().feeds == ("sec=https://example.org/a", "bank-of-x=https://example.org/b")


@pytest.mark.parametrize("written", ["0.1", '"0.1"', "0.100"])
def test_money_of_the_file_is_exact(file: Path, written: str) -> None:
    file.write_text(f"[x]\nbudget_day = {written}\n")
    assert load_settings().x_budget_day == Decimal("0.1")


@pytest.mark.parametrize("written", ["-1", "nan", "inf", "0.0000001", "true", '"much"'])
def test_money_that_is_none_is_refused(file: Path, written: str) -> None:
    file.write_text(f"[x]\nbudget_day = {written}\n")
    with pytest.raises(ConfigurationError, match=r"\[x\] budget_day in"):
        load_settings()


def test_relative_paths_of_the_file_start_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    (elsewhere / "own.toml").write_text('home = "state"\npg_bindir = "~/pg"\n')
    monkeypatch.setenv("INSITECHART_CONFIG", "etc/own.toml")
    assert load_settings().home == elsewhere / "state"
    assert load_settings().pg_bindir == Path.home() / "pg"


def test_a_file_that_was_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_CONFIG", "/nowhere/own.toml")
    with pytest.raises(ConfigurationError, match=r"INSITECHART_CONFIG names /nowhere/own\.toml, which is not there"):
        load_settings()


def test_secrets_that_others_may_read_are_warned_of(file: Path) -> None:
    file.write_text('[reddit]\nclient_id = "me"\n')
    file.chmod(0o644)
    assert open_secrets(Settings) is None
    file.write_text('[reddit]\nclient_secret = "hunter2"\n')
    warning = open_secrets(Settings)
    assert warning is not None
    assert warning.endswith(f"Run: chmod 600 {file}")
    assert "hunter2" not in warning
    file.chmod(0o600)
    assert open_secrets(Settings) is None


def test_secrets_never_show(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1/db")
    file.write_text('[x]\nbearer_token = "hunter2"\n')
    assert "hunter2" not in repr(load_settings())
    load_settings.cache_clear()
    file.write_text('[x]\nbearer_token = ["hunter2"]\n')
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "url"
    secret.write_text("redis://:hunter2@redis:6379/0\n")
    monkeypatch.setenv("INSITECHART_REDIS_URL_FILE", str(secret))
    read = load_settings().redis_url
    assert read is not None
    assert read.get_secret_value() == "redis://:hunter2@redis:6379/0"
    assert places(Settings) == {"redis_url": Place("INSITECHART_REDIS_URL_FILE")}


def test_a_secrets_file_comes_before_the_file_of_all(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('database_url = "postgresql://file/db"\n')
    secret = tmp_path / "url"
    secret.write_text("postgresql://secret/db")
    monkeypatch.setenv("INSITECHART_DATABASE_URL_FILE", str(secret))
    read = load_settings().database_url
    assert read is not None
    assert read.get_secret_value() == "postgresql://secret/db"
    secret.write_text("\n")
    load_settings.cache_clear()
    read = load_settings().database_url
    assert read is not None
    assert read.get_secret_value() == "postgresql://file/db"


@pytest.mark.parametrize("also", ["INSITECHART_REDIS_URL", "REDIS_URL"])
def test_a_secret_that_is_set_twice_is_refused(also: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("redis://one")
    monkeypatch.setenv("INSITECHART_REDIS_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv(also, "redis://other")
    with pytest.raises(ConfigurationError, match=rf"{also} and INSITECHART_REDIS_URL_FILE are both set"):
        load_settings()


def test_a_secrets_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_X_BEARER_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match=r"INSITECHART_X_BEARER_TOKEN_FILE names .*none, which cannot be read"):
        load_settings()


def test_a_value_of_a_secrets_file_that_is_unusable_does_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_variable(Settings, "secret_keys") is None, "it has a variable of its own, read anew while the API runs"
    assert file_variable(Settings, "api_port") is None, "no secret"
    (tmp_path / "smtp").write_bytes(b"\xff\xfehunter2")
    monkeypatch.setenv("INSITECHART_SMTP_URL_FILE", str(tmp_path / "smtp"))
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    assert "it is no text" in str(caught.value)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    begin = f"| `{variable(Settings, name)}` | `{key_in_file(name, Settings.model_fields)}` | "
    rows = OPERATING.read_text(encoding="utf-8").splitlines()
    row = next((row for row in rows if row.startswith(begin)), None)
    wanted = f"{begin}… | {field.description} |"
    assert row is not None, f"docs/operating.md must have the row: {wanted}"
    assert row.endswith(f" | {field.description} |"), wanted
    if field.default in (None, ""):
        assert row.startswith(f"{begin}– |")
    elif not isinstance(field.default, tuple):
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert row.startswith(f"{begin}`{default}` |")
