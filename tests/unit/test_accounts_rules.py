"""The pure rules of accounts, for whatever anybody may send: addresses, passwords, secrets, mails, links."""

import email
import unicodedata
from datetime import UTC, datetime, timedelta
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.accounts.emails import parse_email
from lib.accounts.mailed import read_link, write_link
from lib.accounts.passwords import LONGEST, SHORTEST, is_common, new_password
from lib.accounts.remembered import Remembered
from lib.accounts.secrets import API_KEY, REFRESH, hash_of, is_secret, new_secret, write_secret
from lib.accounts.throttling import mail_throttles, throttles
from lib.accounts.tokens import LASTS, Claims, issue_token, read_token
from lib.errors import Unauthorized
from lib.keyring.keys import Keys, new_key
from lib.keyring.ring import Keyring
from lib.mail.postman import wait_after
from lib.mail.writing import Letter, wanted_values, write_mail

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SENDER = "InsiteChart <chart@example.com>"
TEMPLATES = (
    "register", "already-registered", "reset", "email", "email-asked", "email-changed", "email-confirmed",
    "password-changed", "session-reuse", "account-deleted",
)  # fmt: skip


@given(st.text(max_size=300))
def test_an_accepted_address_ends_no_line_and_names_no_second_recipient(text: str) -> None:
    try:
        address = parse_email(text)
    except ValueError:
        return
    assert address == parse_email(address) == address.lower()
    assert address.isascii()
    assert address.isprintable()
    assert address.count("@") == 1
    assert not set(address) & set(' \t\r\n\0<>,;:"\\()[]')


@given(st.emails(domains=st.just("example.com")))
def test_usual_addresses_are_accepted(text: str) -> None:
    assert parse_email(text) == text.lower()


@given(st.text(max_size=300))
def test_a_password_is_as_long_as_it_says_and_the_same_in_every_form(text: str) -> None:
    told = ""
    try:
        found = new_password(text)
    except ValueError as error:
        told = str(error)
    if told:
        assert len(text) < 6 or text not in told
        return
    assert SHORTEST <= len(found) <= LONGEST
    assert found == new_password(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFKC", found)


@pytest.mark.parametrize(
    "text",
    ["password1234", "P@ssw0rd2026!!", "qwertyuiop123", "iloveyou1234!", "123456789012", "abcabcabcabc",
     "aaaaaaaaaaaab", "abcdefghijklm", "zyxwvutsrqpon", "insitechart2026", "Admin_Admin_2026",
     "letmein-letmein", "000000000000"],
)  # fmt: skip
def test_what_everybody_tries_first_is_common(text: str) -> None:
    assert is_common(text)


@pytest.mark.parametrize(
    "text",
    ["tram seven coal window", "correct horse battery", "밤하늘 별 열두 개 헤는 저녁", "kX9#vQ2!mZ7pL", "f3c1a9d27b60"],
)
def test_what_takes_guessing_is_not(text: str) -> None:
    assert not is_common(text)
    assert new_password(text) == unicodedata.normalize("NFKC", text) or len(text) < SHORTEST


@given(st.binary(min_size=32, max_size=32), st.integers(4, 62), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_secret_is_seen_without_asking_anybody(data: bytes, place: int, sign: str) -> None:
    secret = write_secret(API_KEY, data)
    assert is_secret(API_KEY, secret)
    assert not is_secret(REFRESH, secret)
    assert len(secret) < 70
    changed = secret[:place] + sign + secret[place + 1 :]
    assert is_secret(API_KEY, changed) == (changed == secret)


def test_secrets_are_never_the_same() -> None:
    made = {new_secret(kind) for kind in (API_KEY, REFRESH) for _ in range(100)}
    assert len({hash_of(secret) for secret in made}) == 200


@given(st.text(max_size=60), st.one_of(st.none(), st.ip_addresses().map(str), st.text(max_size=20)))
def test_what_is_counted_apart_has_keys_apart(address: str, place: str | None) -> None:
    found = [*throttles(address, place), *mail_throttles(address)]
    assert len({*found}) == len(found) == 7
    assert all(len(key) == 32 for key in found)


@given(
    st.sampled_from(TEMPLATES),
    st.sampled_from(["en", "ko"]),
    st.text(max_size=200),
    st.emails(domains=st.just("example.com")),
)
def test_no_value_gets_into_the_head_of_a_mail(template: str, locale: str, value: str, address: str) -> None:
    to = parse_email(address)
    values = dict.fromkeys(wanted_values(template, locale), value)  # type: ignore[arg-type]
    letter = Letter(template, to, locale, values)  # type: ignore[arg-type]
    message = write_mail(letter, sender=SENDER, mail_id=7, queued_at=NOW)
    read = email.message_from_bytes(message.as_bytes(), policy=default)
    assert sorted(name.lower() for name in read) == [
        "auto-submitted", "content-language", "content-transfer-encoding", "content-type", "date", "from",
        "message-id", "mime-version", "subject", "to",
    ]  # fmt: skip
    assert read["To"].addresses[0].addr_spec == to
    assert len(read["To"].addresses) == 1
    assert read["Message-ID"] == write_mail(letter, sender=SENDER, mail_id=7, queued_at=NOW)["Message-ID"]


@pytest.mark.parametrize(
    "value", ["a\r\nBcc: all@example.com", "a\nX: y", "a\u2028b", "\u202egpj.exe", "a\x00b\x1b[0m"]
)
def test_a_subject_is_one_line(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from string import Template

    from lib.mail import writing

    monkeypatch.setattr(writing, "_template", lambda *_: Template("Alert ${name}\n\nSee ${name}"))
    mail = write_mail(Letter("x", "kim@example.com", "en", {"name": value}), sender=SENDER, mail_id=1, queued_at=NOW)
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert str(mail["Subject"]).isprintable()


def test_templates_say_the_same_in_both_languages() -> None:
    for template in TEMPLATES:
        assert wanted_values(template, "en") == wanted_values(template, "ko"), template


@given(st.text(max_size=500), st.integers(0, 200), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_link_that_was_changed_or_made_up_is_refused(text: str, place: int, sign: str) -> None:
    keyring = Keyring(Keys((new_key(NOW),)))
    assert read_link(keyring, text, NOW) is None
    link = write_link(keyring, "reset", UUID(int=5), NOW + timedelta(hours=1))
    assert read_link(keyring, link, NOW) == ("reset", UUID(int=5))
    assert read_link(keyring, link, NOW + timedelta(hours=2)) is None
    assert read_link(Keyring(Keys((new_key(NOW),))), link, NOW) is None
    place %= link.rindex(".")
    changed = link[:place] + sign + link[place + 1 :]
    assert changed == link or read_link(keyring, changed, NOW) is None


def test_waits_between_tries_of_a_mail_grow_and_are_bounded() -> None:
    waits = [wait_after(tries) for tries in range(1, 100)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=2)


async def test_what_is_remembered_is_asked_once_and_forgotten_in_time() -> None:
    asked: list[str] = []

    async def ask() -> str | None:
        asked.append("x")
        return "answer"

    async def nothing() -> str | None:
        asked.append("nothing")
        return None

    remembered: Remembered[str] = Remembered(seconds=60, most=2)
    assert [await remembered.get("a", ask) for _ in range(3)] == ["answer"] * 3
    assert asked == ["x"]
    assert [await remembered.get("none", nothing) for _ in range(2)] == [None, None]
    assert asked == ["x", "nothing", "nothing"]
    await remembered.get("b", ask)
    await remembered.get("c", ask)
    await remembered.get("a", ask)
    assert asked.count("x") == 4
    remembered.forget()
    await remembered.get("a", ask)
    assert asked.count("x") == 5
    over: Remembered[str] = Remembered(seconds=0)
    await over.get("a", ask)
    await over.get("a", ask)
    assert asked.count("x") == 7


def test_a_token_that_was_good_is_over_in_time() -> None:
    keyring = Keyring(Keys((new_key(NOW),)))
    claims = Claims(UUID(int=1), UUID(int=2), "user", 1)
    nearly = datetime.now(UTC) - LASTS
    good = read_token(keyring, issue_token(keyring, claims, nearly + timedelta(seconds=60)))
    assert not good.is_over()
    just = read_token(keyring, issue_token(keyring, claims, nearly))
    assert not just.is_over()
    with pytest.raises(Unauthorized):
        read_token(keyring, issue_token(keyring, claims, nearly - timedelta(seconds=6)))
    assert Claims(UUID(int=1), UUID(int=2), "user", 1, (datetime.now(UTC) - timedelta(seconds=6)).timestamp()).is_over()
