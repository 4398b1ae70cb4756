"""An alert by mail, from the crossing to the mail server: handed over by SMTP, in the language of who gets it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from lib.alerts.evaluate import evaluate
from lib.alerts.service import open_alerts
from lib.db.pool import Pool
from lib.keyring.keys import Keys, new_key
from lib.keyring.ring import Keyring
from lib.mail.postman import Postman
from lib.mail.transports import transport_of
from lib.settings import Settings
from tests.support.alerts import add_alert, add_user
from tests.support.seed import add_bar, add_scorer, add_symbol

NOW = datetime.now(UTC).replace(second=30, microsecond=0)


class Mailbox:
    """What a mail server was handed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """As aiosmtpd calls it."""
        mail = message_from_bytes(cast("bytes", envelope.content), policy=default)
        self.mails.append(cast("EmailMessage", mail))
        return "250 OK"


@pytest.fixture
async def server() -> AsyncIterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    opened = await loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", 0)
    yield mailbox, opened.sockets[0].getsockname()[1]
    opened.close()


async def test_a_crossing_reaches_a_mailbox(pool: Pool, server: tuple[Mailbox, int]) -> None:
    mailbox, port = server
    await add_symbol(pool, "005930.KS", "Samsung", currency="KRW")
    await add_scorer(pool)
    minji = await add_user(pool, "minji@example.com", locale="ko")
    await add_alert(pool, minji, "005930.KS", threshold="80000", url=None, side="below")
    await add_bar(pool, "005930.KS", NOW.replace(second=0), "80100", interval="1m")
    settings = Settings.model_validate({"smtp_url": f"smtp+plain://127.0.0.1:{port}"})

    assert (await evaluate(pool, "finance@1", now=NOW)).fired == 1
    alerts = open_alerts(pool, settings, Keyring(Keys((new_key(NOW),))))
    assert await alerts.courier.deliver_due(datetime.now(UTC) + timedelta(seconds=20)) == {"delivered": 1}
    postman = Postman(pool, transport_of(settings), sender=settings.mail_from)
    assert [await postman.deliver(), await postman.deliver()] == [1, 0]

    [mail] = mailbox.mails
    assert mail["To"] == "minji@example.com"
    assert mail["Subject"] == "005930.KS: 주가 80000 KRW 초과"
    assert "80100 KRW" in mail.get_content()
