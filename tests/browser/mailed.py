"""Mails as the API writes them into a folder where it has no mail server. It does not know what they are about."""

import asyncio
import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast


def mails(home: Path) -> list[EmailMessage]:
    """Every mail below `home`, the newest first."""
    files = sorted((home / "mail").glob("*.eml"), reverse=True)
    return [cast(EmailMessage, email.message_from_bytes(file.read_bytes(), policy=default)) for file in files]


async def mailed_link(home: Path, address: str, subject: str = "") -> str:
    """The address of the page to which the newest mail to `address` leads whose subject holds `subject`; it is waited
    for, 30 s at most."""
    async with asyncio.timeout(30):
        while True:
            for mail in mails(home):
                if mail["To"] == address and subject in str(mail["Subject"]):
                    found = re.search(r"/account#\S+", str(mail.get_content()))
                    assert found
                    return found[0]
            await asyncio.sleep(0.05)
