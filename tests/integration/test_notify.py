"""Telling people over a real HTTP server and a real SMTP server: what is news, once, and no secret."""

import email
import email.policy
from collections.abc import AsyncIterator, Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog.testing import capture_logs

from flows.support.telling import tell_of
from lib.db.pool import Pool
from lib.db.recovery.notices import last_notice
from lib.errors import ConfigurationError
from lib.notify import Notifier
from lib.settings import Settings
from tests.support.hearing import Hearer, hearing


@pytest.fixture
async def hearer() -> AsyncIterator[Hearer]:
    async with hearing() as opened:
        yield opened


class Inbox:
    """Mails that arrived."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox(unused_tcp_port: int) -> Iterator[tuple[Inbox, str]]:
    box = Inbox()
    controller = Controller(box, hostname="127.0.0.1", port=unused_tcp_port)
    controller.start()
    yield box, f"mailto://127.0.0.1:{unused_tcp_port}/?from=chart@example.com&mode=insecure&to=a@example.com"
    controller.stop()


def settings_of(*urls: str) -> Settings:
    return Settings(notify_urls=",".join(urls) or None)


async def test_everybody_hears_it_whichever_way(hearer: Hearer, inbox: tuple[Inbox, str]) -> None:
    box, address = inbox
    notifier = Notifier(settings_of(hearer.url, f"{address},b@example.com"))
    assert await notifier.tell("backup", "failed", "No backup: 디스크가 가득 찼습니다", "pg_dump <ended> & said so.")
    [heard] = hearer.heard
    assert (heard["title"], heard["type"]) == ("No backup: 디스크가 가득 찼습니다", "failure")
    assert heard["message"] == "pg_dump <ended> & said so."
    assert sorted(to for mail in box.mails for to in mail.rcpt_tos) == ["a@example.com", "b@example.com"]
    mail = email.message_from_bytes(box.mails[0].original_content or b"", policy=email.policy.default)
    assert mail["subject"] == "No backup: 디스크가 가득 찼습니다"


async def test_who_cannot_be_reached_keeps_it_from_nobody(hearer: Hearer) -> None:
    notifier = Notifier(settings_of("json://127.0.0.1:1/hunter2", hearer.url))
    with capture_logs() as lines:
        assert await notifier.tell("backup", "ok", "It works again", "")
    assert hearer.titles == ["It works again"]
    assert [line["address"] for line in lines] == ["json:// (number 1)"]
    assert "hunter2" not in str(lines)


@pytest.mark.parametrize(
    "url", ["hunter2", "nowhere://hunter2", "json://", "slack://hunter2", "json://127.0.0.1/x,huntr://hunter2"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="INSITECHART_NOTIFY_URLS: number") as caught:
        Notifier(settings_of(url))
    assert "hunter2" not in str(caught.value) + caught.value.hint


async def test_where_nobody_is_named_a_failure_is_a_warning() -> None:
    notifier = Notifier(settings_of())
    assert not notifier.has_people
    with capture_logs() as lines:
        assert await notifier.tell("backup", "failed", "No backup", "")
    assert [(line["log_level"], line["title"]) for line in lines] == [("warning", "No backup")]


async def test_only_news_is_told(pool: Pool, hearer: Hearer) -> None:
    settings = settings_of(hearer.url)

    async def tell(ok: bool, title: str) -> bool:
        return await tell_of(pool, settings, "backup", ok, title, "")

    assert not await tell(True, "The first one is good.")
    assert await tell(False, "The disk is full.")
    assert not await tell(False, "The disk is full.")
    assert await tell(False, "The key is wrong.")
    assert not await tell_of(pool, settings, "base", True, "Others are well.", "")
    assert await tell(True, "It is good again.")
    assert not await tell(True, "It is good again.")
    assert await tell(False, "The disk is full.")
    assert hearer.titles == ["The disk is full.", "The key is wrong.", "It is good again.", "The disk is full."]
    assert "It had failed since" in hearer.heard[2]["message"]
    assert "The key is wrong." in hearer.heard[2]["message"]


async def test_what_nobody_heard_is_told_again(pool: Pool, hearer: Hearer) -> None:
    settings = settings_of(hearer.url)
    hearer.status = 500
    assert not await tell_of(pool, settings, "backup", False, "The disk is full.", "")
    assert await last_notice(pool, "backup") is None
    hearer.status = 200
    assert await tell_of(pool, settings, "backup", False, "The disk is full.", "")
    assert hearer.titles == ["The disk is full."]


async def test_a_wrong_address_hides_no_failure(pool: Pool) -> None:
    with capture_logs() as lines:
        assert not await tell_of(pool, settings_of("nowhere://hunter2"), "backup", False, "The disk is full.", "")
    assert [line["title"] for line in lines] == ["The disk is full."]
    assert "hunter2" not in str(lines)
