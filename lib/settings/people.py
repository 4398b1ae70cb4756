"""Accounts, their secrets and mails, and where alerts may be sent. It does not know who has an account."""

from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

from lib.settings.kinds import Words


class PeopleSettings(BaseModel):
    """Part of Settings."""

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
