"""Where mails are handed over: a mail server, or a folder on this machine. It does not know what is in one."""

import asyncio
import os
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from lib.errors import ConfigurationError, MailError
from lib.logs import get_logger
from lib.settings import Settings

log = get_logger(__name__)

PATIENCE_S = 20.0

_SUBMISSION, _SUBMISSIONS, _PLAIN = 587, 465, 25
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_ACCEPTED = "smtp://user:password@host:587 (STARTTLS), smtps://…:465, or smtp+plain:// for this machine alone"


class Transport(Protocol):
    """Hands mails over."""

    async def send(self, message: EmailMessage) -> None:
        """Returns once it was taken over. Raises MailError."""


class SmtpServer:
    """A mail server. The connection is encrypted and its certificate checked, but to this machine itself."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _unusable() from None
        if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname or parts.query or parts.fragment:
            raise _unusable()
        if parts.scheme == "smtp+plain" and parts.hostname not in _THIS_MACHINE:
            raise ConfigurationError(
                "INSITECHART_SMTP_URL would send mails unencrypted over a network.", hint=f"Accepted: {_ACCEPTED}."
            )
        defaults = {"smtp": _SUBMISSION, "smtps": _SUBMISSIONS, "smtp+plain": _PLAIN}
        self._scheme, self._host = parts.scheme, parts.hostname
        self._port = port or defaults[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    async def send(self, message: EmailMessage) -> None:
        """Hands it over in a connection of its own. Raises MailError."""
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        try:
            with self._connected() as server:
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailError(f"The mail server refused the recipient ({codes}).", lasting=min(codes) >= 500) from None
        except smtplib.SMTPAuthenticationError as error:
            # it is ours to mend, so the mail waits
            raise MailError(f"The mail server refused our login ({error.smtp_code}).") from None
        except smtplib.SMTPResponseException as error:
            raise MailError(f"The mail server answered {error.smtp_code}.", lasting=error.smtp_code >= 550) from None
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(f"The mail server cannot be reached: {type(error).__name__}.") from error

    def _connected(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=PATIENCE_S, context=ssl.create_default_context())
        server = smtplib.SMTP(self._host, self._port, timeout=PATIENCE_S)
        try:
            if self._scheme == "smtp":
                server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
        return server


class MailFolder:
    """A folder for its owner alone, with a file for each mail: what an installation without a mail server uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Writes it, and says where it lies. Raises MailError."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        file = self.folder / f"{name}.eml"
        making = file.with_suffix(".making")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            making.unlink(missing_ok=True)
            handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(message.as_bytes())
            making.replace(file)
        except OSError as error:
            raise MailError(f"The mail cannot be written to {self.folder}: {error.strerror or error}.") from error
        log.info("mail written to a file; set INSITECHART_SMTP_URL to send mails", file=str(file))


def transport_of(settings: Settings) -> Transport:
    """Where this installation's mails go. Raises ConfigurationError for an address of no mail server."""
    if settings.smtp_url is None:
        return MailFolder(settings.home / "mail")
    return SmtpServer(settings.smtp_url.get_secret_value())


def _unusable() -> ConfigurationError:
    return ConfigurationError("INSITECHART_SMTP_URL is no mail server.", hint=f"Accepted: {_ACCEPTED}.")
