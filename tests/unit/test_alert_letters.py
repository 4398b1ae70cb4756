"""What is documented for receivers holds when it is run, and every letter can be written in every language."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from msgspec.structs import fields

from lib.alerts.letters import FIRED, PAUSED, TEST, letter_values
from lib.alerts.payload import FiringPart, Payload, payload
from lib.db.alerts.deliveries import Delivery, Firing, Secret
from lib.domain.alerts import Measure
from lib.domain.users import Locale
from lib.mail.writing import Letter, wanted_values, write_mail
from lib.webhooks.signing import secret_text, signed_headers

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"
AT = datetime(2026, 3, 4, 6, 12, 7, tzinfo=UTC)


def delivery(measure: Measure = "price", *, locale: Locale = "en", fired: bool = True) -> Delivery:
    return Delivery(
        id=UUID(int=1),
        tries=1,
        created_at=AT,
        user_id=UUID(int=2),
        alert_id=UUID(int=3),
        name="삼성전자 8만원",
        symbol="005930.KS",
        currency="KRW",
        measure=measure,
        window=None if measure == "price" else "24h",
        direction="above",
        threshold=Decimal("8E+4"),
        firing=Firing(UUID(int=4), AT, "above", Decimal("80100.0"), None, None, 0) if fired else None,
        channel="webhook",
        is_in_force=True,
        url="https://example.com/",
        secrets=(Secret("key", 1),),
        email="ada@example.com",
        locale=locale,
        may_be_mailed=True,
    )


def documented() -> dict[str, Any]:
    """What the page's example defines."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), found)
    return found


def test_the_documented_receiver_tells_genuine_from_forged() -> None:
    is_genuine = documented()["is_genuine"]
    body, now = payload(delivery()), datetime.now(UTC)
    mine, other = secret_text(b"1" * 32), secret_text(b"2" * 32)
    headers = signed_headers("id", now, body, [other, mine])
    assert is_genuine(mine, headers, body)
    assert is_genuine(other, headers, body)
    assert not is_genuine(secret_text(b"3" * 32), headers, body)
    assert not is_genuine(mine, headers, body + b" ")
    late = headers | {"InsiteChart-Timestamp": str(int(now.timestamp()) - 1)}
    assert not is_genuine(mine, late, body)
    assert not is_genuine(mine, signed_headers("id", AT, body, [mine]), body)


def test_the_documented_body_has_the_fields_of_a_real_one() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for part in (Payload, FiringPart):
        assert all(f'"{field.encode_name}"' in example for field in fields(part))


@pytest.mark.parametrize("locale", get_args(Locale))
@pytest.mark.parametrize("template", [FIRED, TEST, PAUSED])
@pytest.mark.parametrize("measure", get_args(Measure))
def test_every_letter_can_be_written(locale: Locale, template: str, measure: Measure) -> None:
    of = delivery(measure, locale=locale, fired=template != TEST)
    values = letter_values(of, reason="It answered 503." if template == PAUSED else "")
    assert wanted_values(template, locale) <= values.keys()
    letter = Letter(template, "ada@example.com", locale, values)
    mail = write_mail(letter, sender="InsiteChart <insitechart@example.com>", mail_id=1, queued_at=AT)
    assert "005930.KS" in str(mail["Subject"])
    assert "삼성전자 8만원" in mail.get_content()
    assert "$" not in mail.get_content()


def test_a_letter_speaks_the_language_of_who_gets_it() -> None:
    english, korean = (letter_values(delivery(locale=locale)) for locale in get_args(Locale))
    assert (english["measure"], english["side"], english["value"]) == ("price", "above", "80100 KRW")
    assert (korean["measure"], korean["side"], korean["threshold"]) == ("주가", "초과", "80000 KRW")
    assert letter_values(delivery("price_change"))["value"] == "80100 %"
