"""Where the platform lives, what it logs, how it scores. It does not know sources, the API or people."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr, field_validator

from lib.domain.symbols import parse_symbol
from lib.settings.kinds import Port, Words

DEFAULT_WATCHLIST = (
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA",
    "005930.KS", "000660.KS", "035420.KS", "035720.KS", "005380.KS",
)  # fmt: skip


class PlatformSettings(BaseModel):
    """Part of Settings."""

    home: Annotated[Path, Field(description="Folder of all state of the embedded platform.")] = Path(".insitechart")
    database_url: Annotated[
        SecretStr | None, Field(description="An existing PostgreSQL (>= 16) instead of the embedded one.")
    ] = None
    pg_bindir: Annotated[
        Path | None,
        Field(validation_alias="PG_BINDIR", description="Folder of PostgreSQL's programs for the embedded server."),
    ] = None
    prefect_port: Annotated[Port, Field(description="Port of the Prefect server and UI; 0 takes a free one.")] = 4200
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="Least severe line that is written: debug, info, warning or error."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "console"], Field(description="json, console, or auto: console where a person watches.")
    ] = "auto"
    log_slow_ms: Annotated[
        int, Field(ge=0, description="Milliseconds after which a statement of PostgreSQL is told of; 0: never.")
    ] = 1000
    otlp_endpoint: Annotated[
        str | None,
        Field(
            validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint"),
            pattern=r"^https?://\S+$",
            description="Where OpenTelemetry traces go (OTLP over HTTP), such as http://127.0.0.1:4318; default: none.",
        ),
    ] = None
    scorer: Annotated[str, Field(description="Scorer that answers use when none is asked for.")] = "finance@1"
    scorers_beside: Annotated[
        Words, Field(description="Further scorers that new posts are scored by, beside the one that answers use.")
    ] = ()
    task_runner: Annotated[
        Literal["threads", "processes", "dask"],
        Field(
            description="Where a rescoring is done: threads or processes beside its flow, or an existing Dask cluster."
        ),
    ] = "threads"
    task_workers: Annotated[int, Field(ge=1, le=256, description="How many threads or processes that takes.")] = 2
    dask_address: Annotated[
        str | None, Field(description="The Dask cluster's scheduler, such as tcp://10.0.0.5:8786.")
    ] = None
    watchlist: Annotated[Words, Field(description="Symbols whose bars, news and posts are collected on schedule.")] = (
        DEFAULT_WATCHLIST
    )
    sample: Annotated[bool, Field(description="Load the sample archive into an empty embedded database.")] = True
    prefect_history_days: Annotated[int, Field(ge=1, description="Days for which Prefect keeps finished runs.")] = 14
    redis_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("INSITECHART_REDIS_URL", "redis_url"),
            description="A Redis that several API processes share: redis://host:6379/0. REDIS_URL is read, too.",
        ),
    ] = None
    environment: Annotated[
        Literal["development", "production"],
        Field(description="production refuses to start with anything that is safe on one's own machine alone."),
    ] = "development"

    @field_validator("watchlist", mode="after")
    @classmethod
    def _symbols(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse_symbol(symbol) for symbol in value))

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def scorers(self) -> tuple[str, ...]:
        """What new posts are scored by: the one that answers use, then those beside it, each once."""
        return tuple(dict.fromkeys((self.scorer, *self.scorers_beside)))
