"""Writes a mail from its template. Pure. It does not know who gets it, nor how it is sent.

A value can neither end a header line nor begin one: control characters are taken out of it before it is put in, the
subject is one line, and the library that writes the headers refuses any other.
"""

import hashlib
import unicodedata
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from importlib import resources
from string import Template

from msgspec import Struct

from lib.domain.users import Locale

_LONGEST_VALUE = 2000


class Letter(Struct, frozen=True):
    """What is to be said to whom: `values` are those of the template."""

    template: str
    address: str
    locale: Locale
    values: dict[str, str]


def write_mail(letter: Letter, *, sender: str, mail_id: int, queued_at: datetime) -> EmailMessage:
    """The mail, whose Message-ID is the same whenever this queued mail is written. Raises KeyError where the template
    wants a value that is not there."""
    values = {name: _harmless(value) for name, value in letter.values.items()}
    subject, _, text = _template(letter.template, letter.locale).substitute(values).partition("\n")
    name, from_address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_line(name), addr_spec=from_address)
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = _line(subject)
    message["Date"] = format_datetime(queued_at)
    message["Message-ID"] = _message_id(mail_id, queued_at, from_address)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.locale
    message.set_content(text.lstrip("\n"), cte="quoted-printable" if letter.locale == "en" else "base64")
    return message


def wanted_values(template: str, locale: Locale) -> set[str]:
    """The names of the values that a template wants."""
    return set(_template(template, locale).get_identifiers())


@cache
def _template(template: str, locale: Locale) -> Template:
    file = resources.files("lib.mail.templates").joinpath(locale, f"{template}.txt")
    return Template(file.read_text(encoding="utf-8"))


def _message_id(mail_id: int, queued_at: datetime, from_address: str) -> str:
    host = from_address.rpartition("@")[2]
    told = hashlib.sha256(f"{mail_id} {queued_at.isoformat()} {host}".encode()).hexdigest()[:24]
    return f"<{told}@{host}>"


def _harmless(value: str) -> str:
    return "".join(sign if sign == "\n" or _is_shown(sign) else " " for sign in value[:_LONGEST_VALUE])


def _line(text: str) -> str:
    return " ".join("".join(sign if _is_shown(sign) else " " for sign in text).split())


def _is_shown(sign: str) -> bool:
    # Zl and Zp end lines as well, Cf holds the signs that turn the direction of text
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
