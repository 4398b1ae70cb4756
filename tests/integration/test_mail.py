"""Mails over a real SMTP server, and from a queue that loses none."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from lib.db.mails import queue_mail, take_mails
from lib.db.pool import Pool
from lib.errors import ConfigurationError, MailError
from lib.mail.postman import MOST_TRIES, Postman
from lib.mail.transports import MailFolder, SmtpServer, Transport, transport_of
from lib.mail.writing import Letter, write_mail
from lib.settings import Settings

SENDER = "InsiteChart <chart@example.com>"


class Inbox:
    """What arrived; `answer` is what the server says to the next mails instead of taking them."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.answer = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        self.mails.append(envelope)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def inbox(unused_tcp_port: int) -> Iterator[tuple[Inbox, Controller]]:
    box = Inbox()
    controller = Controller(box, hostname="127.0.0.1", port=unused_tcp_port)
    controller.start()
    yield box, controller
    controller.stop()


def url_of(controller: Controller, scheme: str = "smtp+plain", user: str = "") -> str:
    return f"{scheme}://{user}127.0.0.1:{controller.port}"


def letter(address: str = "kim@example.com", **values: str) -> Letter:
    return Letter("password-changed", address, "en", {"base": "https://chart.example.com", **values})


async def queue(pool: Pool, address: str = "kim@example.com") -> None:
    async with pool.acquire() as conn, conn.transaction():
        await queue_mail(conn, "password-changed", address, locale="ko", base="https://chart.example.com")


async def outcomes(pool: Pool) -> list[tuple[str | None, str | None, int]]:
    rows = await pool.fetch("SELECT outcome, address, tries FROM mails ORDER BY id")
    return [(row["outcome"], row["address"], row["tries"]) for row in rows]


async def test_a_mail_arrives_whole(pool: Pool, inbox: tuple[Inbox, Controller]) -> None:
    box, controller = inbox
    await queue(pool)
    assert await Postman(pool, SmtpServer(url_of(controller)), sender=SENDER).deliver() == 1
    [mail] = box.mails
    assert (mail.mail_from, mail.rcpt_tos) == ("chart@example.com", ["kim@example.com"])
    assert mail.content is not None
    assert await outcomes(pool) == [("sent", None, 1)]


async def test_a_server_that_is_away_is_tried_later(pool: Pool, inbox: tuple[Inbox, Controller]) -> None:
    box, controller = inbox
    box.answer = "451 later"
    postman = Postman(pool, SmtpServer(url_of(controller)), sender=SENDER)
    await queue(pool)
    assert await postman.deliver() == 1
    assert await postman.deliver() == 0
    assert await outcomes(pool) == [(None, "kim@example.com", 1)]
    box.answer = ""
    await pool.execute("UPDATE mails SET next_try_at = now()")
    assert await postman.deliver() == 1
    assert await outcomes(pool) == [("sent", None, 2)]


async def test_what_nobody_will_ever_take_is_given_up(pool: Pool, inbox: tuple[Inbox, Controller]) -> None:
    _, controller = inbox
    postman = Postman(pool, SmtpServer(url_of(controller)), sender=SENDER)
    await queue(pool, "gone@example.com")
    await postman.deliver()
    assert await outcomes(pool) == [("given_up", None, 1)]
    nowhere = Postman(pool, SmtpServer("smtp+plain://127.0.0.1:1"), sender=SENDER)
    await queue(pool)
    await pool.execute("UPDATE mails SET tries = $1 WHERE closed_at IS NULL", MOST_TRIES - 1)
    await nowhere.deliver()
    assert (await outcomes(pool))[1] == ("given_up", None, MOST_TRIES)


async def test_a_mail_of_one_that_died_is_sent_by_another_and_by_one_alone(pool: Pool, tmp_path: Path) -> None:
    for _ in range(25):
        await queue(pool)
    taken = await take_mails(pool, limit=3, lease=timedelta(minutes=5))
    postmen = [Postman(pool, MailFolder(tmp_path / "mail"), sender=SENDER) for _ in range(3)]
    counts = await asyncio.gather(*(postman.deliver() for postman in postmen))
    assert sum(counts) == 22
    assert await postmen[0].deliver() == 0
    # whoever took them is dead, and the lease is over
    await pool.execute("UPDATE mails SET next_try_at = now() WHERE id = ANY($1)", [mail.id for mail in taken])
    assert await postmen[0].deliver() == 3
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 25


async def test_a_mail_that_cannot_be_written_stops_no_other(pool: Pool, tmp_path: Path) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await queue_mail(conn, "no-such-template", "kim@example.com")
        await queue_mail(conn, "password-changed", "kim@example.com")
        await queue_mail(conn, "password-changed", "kim@example.com\r\nBcc: all@example.com", base="x")
    await queue(pool)
    await Postman(pool, MailFolder(tmp_path), sender=SENDER).deliver()
    assert [outcome for outcome, _, _ in await outcomes(pool)] == ["given_up"] * 3 + ["sent"]
    assert len(list(tmp_path.glob("*.eml"))) == 1


async def test_encryption_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unused_tcp_port: int) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    box = Inbox()
    users: list[bytes] = []

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        users.append(getattr(data, "login", b""))
        return AuthResult(success=getattr(data, "password", b"") == b"p@ss:/word", handled=False)

    controller = Controller(
        box, hostname="127.0.0.1", port=unused_tcp_port, tls_context=context, require_starttls=True,
        authenticator=authenticate, auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        server = SmtpServer(url_of(controller, "smtp", "me:p%40ss%3A%2Fword@"))
        message = write_mail(letter(), sender=SENDER, mail_id=1, queued_at=datetime.now(UTC))
        with pytest.raises(MailError, match="SSLCertVerificationError"):
            await server.send(message)
        file = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(file)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        await server.send(message)
        assert (len(box.mails), {*users}) == (1, {b"me"})
        with pytest.raises(MailError, match="login"):
            await SmtpServer(url_of(controller, "smtp", "me:wrong@")).send(message)
    finally:
        controller.stop()


async def test_without_encryption_nothing_is_sent(inbox: tuple[Inbox, Controller]) -> None:
    box, controller = inbox
    message = write_mail(letter(), sender=SENDER, mail_id=1, queued_at=datetime.now(UTC))
    with pytest.raises(MailError):
        await SmtpServer(url_of(controller, "smtp")).send(message)
    assert box.mails == []


@pytest.mark.parametrize(
    "url", ["", "http://example.com", "smtp://", "smtp://host:99999", "smtp+plain://mail.example.com", "smtp://h?x=1"]
)
def test_what_is_no_mail_server_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="INSITECHART_SMTP_URL"):
        SmtpServer(url)
    chosen: Transport = transport_of(Settings(home=tmp_path))
    assert isinstance(chosen, MailFolder)
