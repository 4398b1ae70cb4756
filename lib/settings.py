"""Every setting of InsiteChart, read from INSITECHART_* once. The only reader of the environment.

It does not know who uses what.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from lib.domain.symbols import parse_symbol
from lib.errors import ConfigurationError

Port = Annotated[int, Field(ge=0, le=65535)]

DEFAULT_WATCHLIST = (
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA",
    "005930.KS", "000660.KS", "035420.KS", "035720.KS", "005380.KS",
)  # fmt: skip


class Settings(BaseSettings):
    """Frozen. Each field is set by INSITECHART_<FIELD> in upper case; lists are comma-separated."""

    model_config = SettingsConfigDict(env_prefix="INSITECHART_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Annotated[Path, Field(description="Folder of all state of the embedded platform.")] = Path(".insitechart")
    database_url: Annotated[
        SecretStr | None, Field(description="An existing PostgreSQL (>= 16) instead of the embedded one.")
    ] = None
    pg_bindir: Annotated[
        Path | None,
        Field(validation_alias="PG_BINDIR", description="Folder of PostgreSQL's programs for the embedded server."),
    ] = None
    api_host: Annotated[str, Field(description="Address the API listens on.")] = "127.0.0.1"
    api_port: Annotated[Port, Field(description="Port of the API; 0 takes a free one.")] = 8000
    prefect_port: Annotated[Port, Field(description="Port of the Prefect server and UI; 0 takes a free one.")] = 4200
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="Least severe line that is written.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "console"], Field(description="json, console, or auto: console where a person watches.")
    ] = "auto"
    scorer: Annotated[str, Field(description="Scorer that answers use when none is asked for.")] = "vader@1"
    watchlist: Annotated[
        tuple[str, ...], NoDecode, Field(description="Symbols whose bars are collected on schedule.")
    ] = DEFAULT_WATCHLIST
    sample: Annotated[bool, Field(description="Load the sample archive into an empty embedded database.")] = True
    prefect_history_days: Annotated[int, Field(ge=1, description="Days for which Prefect keeps finished runs.")] = 14

    @field_validator("watchlist", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(parse_symbol(part) for part in value.split(",") if part.strip())
        return value

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


@cache
def load_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError naming the variable and what is wrong with it."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"INSITECHART_{'_'.join(str(part) for part in issue['loc']).upper()}: {issue['msg']}"
            for issue in error.errors()
        )
        raise ConfigurationError(
            f"The environment cannot be used: {problems}.", hint="Correct or unset the variable."
        ) from None
