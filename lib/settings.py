"""Every setting of InsiteChart, read once from INSITECHART_* and one TOML file, and nowhere else.

The environment comes before the file (lib/config_places.py). It does not know who uses what.
"""

import re
from decimal import Decimal
from email.utils import formataddr, parseaddr
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from lib.config_places import FileSource, problems
from lib.domain.networks import EVERYWHERE, UNIX, parse_network
from lib.domain.services import Service, parse_services
from lib.domain.symbols import parse_symbol
from lib.errors import ConfigurationError

Port = Annotated[int, Field(ge=0, le=65535)]
Dollars = Annotated[Decimal, Field(ge=0, decimal_places=6)]
Words = Annotated[tuple[str, ...], NoDecode]

DEFAULT_WATCHLIST = (
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA",
    "005930.KS", "000660.KS", "035420.KS", "035720.KS", "005380.KS",
)  # fmt: skip

DEFAULT_FEEDS = (
    "sec=https://www.sec.gov/news/pressreleases.rss",
    "fed=https://www.federalreserve.gov/feeds/press_all.xml",
    "globenewswire=https://www.globenewswire.com/RssFeed/orgclass/1/feedTitle/GlobeNewswire",
    "hankyung=https://www.hankyung.com/feed/finance",
    "yonhap=https://www.yna.co.kr/rss/economy.xml",
)


# a proxy or Prometheus of one's own usually asks from such an address
PRIVATE_NETWORKS = ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", UNIX)

_HOST = re.compile(r"\*|(\*\.)?[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9._-]+(:\d{1,5})?/?")


class Settings(BaseSettings):
    """Frozen. Each field is set by INSITECHART_<FIELD> in upper case; lists are comma-separated.

    In the file a field may stand as it is or, without its first word, in a table of that name: `[reddit]` and
    `client_id` are reddit_client_id. Lists are TOML lists or comma-separated, too; relative paths of the file start
    from its folder.
    """

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
        Literal["debug", "info", "warning", "error"],
        Field(description="Least severe line that is written: debug, info, warning or error."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "console"], Field(description="json, console, or auto: console where a person watches.")
    ] = "auto"
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

    sources_off: Annotated[Words, Field(description="Sources that are not asked, though they could be.")] = ()
    contact: Annotated[
        str, Field(description="Where providers can reach you (an address or a page); part of the User-Agent.")
    ] = ""

    yahoo_calls_per_minute: Annotated[
        int, Field(ge=1, le=6000, description="Calls to Yahoo at most, all workers together.")
    ] = 240
    yahoo_concurrency: Annotated[int, Field(ge=1, le=64, description="Calls to Yahoo under way at once.")] = 4

    reddit_client_id: Annotated[str | None, Field(description="Client id of your approved Reddit application.")] = None
    reddit_client_secret: Annotated[SecretStr | None, Field(description="Its secret.")] = None
    reddit_username: Annotated[
        str | None, Field(description="Your Reddit name, which Reddit wants in the User-Agent.")
    ] = None
    reddit_subreddits: Annotated[Words, Field(description="Subreddits whose submissions and comments are read.")] = (
        "wallstreetbets", "stocks", "investing",
    )  # fmt: skip
    reddit_url: Annotated[str, Field(description="Where Reddit answers.")] = "https://www.reddit.com"
    reddit_oauth_url: Annotated[str, Field(description="Where Reddit answers with a token.")] = (
        "https://oauth.reddit.com"
    )

    x_bearer_token: Annotated[SecretStr | None, Field(description="App-only bearer token of your X project.")] = None
    x_budget_day: Annotated[Dollars, Field(description="Dollars that X may cost a UTC day; 0 asks nothing.")] = Decimal(
        0
    )
    x_budget_month: Annotated[Dollars, Field(description="Dollars that X may cost a month; 0 asks nothing.")] = Decimal(
        0
    )
    x_posts_month: Annotated[int, Field(ge=0, description="Posts that X may deliver a month at most.")] = 2_000_000
    x_price_post: Annotated[Dollars, Field(description="Dollars for a post that X delivers.")] = Decimal("0.005")
    x_price_counts: Annotated[Dollars, Field(description="Dollars for a question about counts.")] = Decimal("0.005")
    x_verify_days: Annotated[
        int, Field(ge=1, description="Days for which posts of X are looked at again daily; each look is paid.")
    ] = 7
    x_counts: Annotated[bool, Field(description="Ask X for the hourly number of posts of each symbol, too.")] = False

    bluesky_hosts: Annotated[Words, Field(description="Jetstream servers of Bluesky, tried in this order.")] = (
        "jetstream2.us-east.bsky.network", "jetstream1.us-east.bsky.network", "jetstream2.us-west.bsky.network",
    )  # fmt: skip

    redis_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("INSITECHART_REDIS_URL", "redis_url"),
            description="A Redis that several API processes share: redis://host:6379/0. REDIS_URL is read, too.",
        ),
    ] = None

    cache_mb: Annotated[
        int,
        Field(ge=0, le=65536, description="Memory of an API process for answers that are ready, in MB; 0 keeps none."),
    ] = 64

    feeds: Annotated[Words, Field(description="RSS and Atom feeds that are read, as name=address.")] = DEFAULT_FEEDS

    environment: Annotated[
        Literal["development", "production"],
        Field(description="production refuses to start with anything that is safe on one's own machine alone."),
    ] = "development"
    secret_keys: Annotated[
        SecretStr | None,
        Field(description="Secret keys as id:secret, comma-separated, the signing one first; default: made in home."),
    ] = None
    secret_keys_file: Annotated[
        Path | None, Field(description="A file with the secret keys instead; it may change while the API runs.")
    ] = None
    public_url: Annotated[
        str | None, Field(description="Where people reach this installation; mailed links begin with it.")
    ] = None
    public_reads: Annotated[
        bool, Field(description="Stocks and sentiment are read by anyone; else by known users and keys alone.")
    ] = True
    registration: Annotated[bool, Field(description="People may register by themselves.")] = True
    smtp_url: Annotated[
        SecretStr | None,
        Field(description="Mail server, as smtp://user:password@host:587 (STARTTLS) or smtps://…; default: a folder."),
    ] = None
    mail_from: Annotated[str, Field(description="Sender of mails.")] = "InsiteChart <insitechart@localhost>"
    password_memory_mib: Annotated[
        int, Field(ge=19, le=1024, description="MiB of memory that one password check takes (argon2id).")
    ] = 64
    password_rounds: Annotated[int, Field(ge=2, le=20, description="Passes over that memory.")] = 3
    password_workers: Annotated[int, Field(ge=1, le=64, description="Password checks at the same time.")] = 2
    session_days: Annotated[int, Field(ge=1, le=3650, description="Days after which one must log in again.")] = 90
    session_idle_days: Annotated[
        int, Field(ge=1, le=3650, description="Days without use after which a session is over.")
    ] = 30

    api_services: Annotated[
        Words, Field(description="What this process serves: stocks, sentiment, users, operations, or all.")
    ] = ("all",)
    api_connections: Annotated[int, Field(ge=16, le=100_000, description="Connections at once; more get 503.")] = 8192
    allowed_hosts: Annotated[
        Words,
        Field(description="Names that the API answers to, *.example.com too; default: loopback and where it listens."),
    ] = ()
    trusted_proxies: Annotated[
        Words, Field(description="Networks whose X-Forwarded-For and -Proto are believed; unix is a socket file.")
    ] = ()
    operations_from: Annotated[
        Words, Field(description="Networks that may ask for /operations and /metrics; * is everywhere.")
    ] = PRIVATE_NETWORKS
    cors_origins: Annotated[
        Words, Field(description="Pages that may read the API from browsers, as https://app.example.com.")
    ] = ()
    limits_anonymous_reads: Annotated[
        int, Field(ge=0, description="Reads a minute from one address whose user is not known; 0 is no limit.")
    ] = 600
    limits_anonymous_analyze: Annotated[int, Field(ge=0, description="Texts a minute that it may have read.")] = 60
    limits_logins: Annotated[
        int, Field(ge=0, description="Registrations, log-ins and refreshed tokens a minute from one address.")
    ] = 60
    limits_refusals: Annotated[
        int, Field(ge=0, description="Wrong credentials a minute from one address before it is not heard.")
    ] = 60
    limits_reads: Annotated[int, Field(ge=0, description="Reads a minute of one user, all keys together.")] = 6000
    limits_writes: Annotated[int, Field(ge=0, description="Changes a minute of one user.")] = 600
    limits_analyze: Annotated[int, Field(ge=0, description="Texts a minute that one user may have read.")] = 600
    limits_key_percent: Annotated[
        int, Field(ge=1, le=100, description="Percent of its user's budget that one API key may use up.")
    ] = 50
    changes_keep_hours: Annotated[
        int, Field(ge=24, description="Hours for which a broken stream can go on where it broke off.")
    ] = 48
    stream_listeners: Annotated[int, Field(ge=1, description="Streams that one process of the API serves at once.")] = (
        5000
    )
    stream_listeners_per_address: Annotated[int, Field(ge=1, description="Of these, streams to one address.")] = 100
    stream_heartbeat_seconds: Annotated[
        float, Field(gt=0, le=60, description="Seconds after which a quiet stream shows that it is alive.")
    ] = 15

    webhook_ports: Annotated[Words, Field(description="Ports that webhooks may go to.")] = ("443", "8443")
    webhook_allow: Annotated[
        Words, Field(description="Hosts and networks that webhooks may go to although they are not public.")
    ] = ()
    webhook_http: Annotated[bool, Field(description="Let webhooks go to http:// addresses; for development.")] = False
    webhook_ca_file: Annotated[
        Path | None, Field(description="Certificates of further authorities that webhooks trust (PEM).")
    ] = None
    webhook_timeout_s: Annotated[
        int, Field(ge=1, le=30, description="Seconds within which a webhook must be answered.")
    ] = 10
    alert_history_days: Annotated[int, Field(ge=1, description="Days for which firings of alerts are kept.")] = 365

    @field_validator(
        "scorers_beside", "watchlist", "sources_off", "reddit_subreddits", "bluesky_hosts", "feeds", "api_services",
        "allowed_hosts", "trusted_proxies", "operations_from", "cors_origins", "webhook_ports",
        "webhook_allow", mode="before",
    )  # fmt: skip
    @classmethod
    def _split(cls, value: object) -> object:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            return value
        trimmed = (part.strip() if isinstance(part, str) else part for part in parts)
        return tuple(part for part in trimmed if part != "")

    @field_validator("feeds", mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        # in a file they read best as a table: name = "address"
        return [f"{name}={address}" for name, address in value.items()] if isinstance(value, dict) else value

    @field_validator("api_services", mode="after")
    @classmethod
    def _known_services(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return parse_services(value) and value

    @field_validator("trusted_proxies", "operations_from", mode="after")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in (EVERYWHERE, UNIX):
                parse_network(name)
        return value

    @field_validator("allowed_hosts", mode="after")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _HOST.fullmatch(name):
                raise ValueError(f"{name[:60]!r} is no host name; write it without scheme, port and path")
        return value

    @field_validator("cors_origins", mode="after")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != EVERYWHERE and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin[:60]!r} is no origin such as https://app.example.com")
        return value

    @field_validator("watchlist", mode="after")
    @classmethod
    def _symbols(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse_symbol(symbol) for symbol in value))

    @field_validator("feeds", mode="after")
    @classmethod
    def _named_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for feed in value:
            name, _, address = feed.partition("=")
            if not name.replace("-", "").isalnum() or not address.startswith(("https://", "http://")):
                raise ValueError(f"{feed[:60]!r} is not name=https://…")
        if len({feed.partition("=")[0] for feed in value}) < len(value):
            raise ValueError("two feeds have the same name")
        return value

    @field_validator("public_url", mode="after")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        parts = urlsplit(value) if value is not None else None
        if parts and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError(f"{str(value)[:60]!r} is not https://…")
        return value.rstrip("/") if value is not None else None

    @field_validator("mail_from", mode="after")
    @classmethod
    def _sender(cls, value: str) -> str:
        name, address = parseaddr(value)
        if "@" not in address or any(not sign.isprintable() for sign in value):
            raise ValueError(f"{value[:60]!r} is not a sender such as InsiteChart <insitechart@example.com>")
        return formataddr((name, address))

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def scorers(self) -> tuple[str, ...]:
        """What new posts are scored by: the one that answers use, then those beside it, each once."""
        return tuple(dict.fromkeys((self.scorer, *self.scorers_beside)))

    @property
    def services(self) -> tuple[Service, ...]:
        """What the API serves here."""
        return parse_services(self.api_services)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file."""
        return init_settings, env_settings, FileSource(settings_cls)


@cache
def load_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError naming the variable, or the key and the file, and what is
    wrong with it.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(
            f"The settings cannot be used: {'; '.join(problems(Settings, error))}.",
            hint="Correct it or leave it out; `insitechart config --check` shows what is set where.",
        ) from None
