"""What the API serves, to whom, how often, and what it keeps ready. It does not know accounts."""

import re
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from lib.domain.networks import EVERYWHERE, UNIX, parse_network
from lib.domain.services import Service, parse_services
from lib.settings.kinds import Port, Words

# a proxy or Prometheus of one's own usually asks from such an address
PRIVATE_NETWORKS = ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", UNIX)

_HOST = re.compile(r"\*|(\*\.)?[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9._-]+(:\d{1,5})?/?")


class ApiSettings(BaseModel):
    """Part of Settings."""

    api_host: Annotated[str, Field(description="Address the API listens on.")] = "127.0.0.1"
    api_port: Annotated[Port, Field(description="Port of the API; 0 takes a free one.")] = 8000
    cache_mb: Annotated[
        int,
        Field(ge=0, le=65536, description="Memory of an API process for answers that are ready, in MB; 0 keeps none."),
    ] = 64
    public_reads: Annotated[
        bool, Field(description="Stocks and sentiment are read by anyone; else by known users and keys alone.")
    ] = True
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
    limits_logins: Annotated[int, Field(ge=0, description="Registrations and log-ins a minute from one address.")] = 60
    limits_refreshes: Annotated[
        int, Field(ge=0, description="Refreshed tokens a minute from one address; they cost no password check.")
    ] = 300
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

    @property
    def services(self) -> tuple[Service, ...]:
        """What the API serves here."""
        return parse_services(self.api_services)
