"""Settings: an unusable value is one sentence, and the documents tell the truth about every variable."""

from pathlib import Path

import pytest

from lib.errors import ConfigurationError
from lib.settings import Settings, load_settings

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Each test reads the environment anew."""
    load_settings.cache_clear()


def test_an_unusable_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_API_PORT", "eighty")
    with pytest.raises(ConfigurationError, match="INSITECHART_API_PORT"):
        load_settings()


def test_a_watchlist_is_comma_separated_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_WATCHLIST", " aapl, 005930.ks,")
    assert load_settings().watchlist == ("AAPL", "005930.KS")
    load_settings.cache_clear()
    monkeypatch.setenv("INSITECHART_WATCHLIST", "AAPL,not a symbol")
    with pytest.raises(ConfigurationError, match=r"INSITECHART_WATCHLIST.*not a symbol"):
        load_settings()


def test_the_password_of_the_database_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1/db")
    assert "hunter2" not in repr(load_settings())


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    variable = field.validation_alias or f"INSITECHART_{name.upper()}"
    row = next(
        (line for line in OPERATING.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{variable}` |")),
        None,
    )
    assert row is not None, f"{variable} is not in docs/operating.md"
    if isinstance(field.default, str | int | bool | Path):
        assert f"| `{str(field.default).lower()}` |" in row
