"""What mails about alerts say, in the language of who gets them: the values of lib/mail/templates. It sends none."""

from datetime import UTC, datetime

from lib.db.alerts.deliveries import Delivery
from lib.domain.alerts import Measure, Side, digits
from lib.domain.users import Locale

FIRED, TEST, PAUSED = "alert-fired", "alert-test", "alert-paused"

_MEASURES: dict[Locale, dict[Measure, str]] = {
    "en": {
        "score": "score",
        "filtered_score": "score without copies",
        "buzz": "buzz",
        "filtered_buzz": "buzz without copies",
        "price": "price",
        "price_change": "price change",
    },
    "ko": {
        "score": "감성 점수",
        "filtered_score": "감성 점수(중복 제외)",
        "buzz": "관심도",
        "filtered_buzz": "관심도(중복 제외)",
        "price": "주가",
        "price_change": "주가 등락률",
    },
}
_SIDES: dict[Locale, dict[Side, str]] = {
    "en": {"above": "above", "below": "below"},
    "ko": {"above": "초과", "below": "미만"},
}
_NAMELESS: dict[Locale, str] = {"en": "(no name)", "ko": "(이름 없음)"}


def letter_values(delivery: Delivery, *, reason: str = "") -> dict[str, str]:
    """The values of FIRED, of TEST, and, with a `reason`, of PAUSED."""
    locale = delivery.locale
    measure = _MEASURES[locale][delivery.measure]
    values = {
        "symbol": delivery.symbol,
        "name": delivery.name or _NAMELESS[locale],
        "measure": measure if delivery.window is None else f"{measure} ({delivery.window})",
        "threshold": _written(delivery, digits(delivery.threshold)),
        "reason": reason,
    }
    if delivery.firing is not None:
        values |= {
            "side": _SIDES[locale][delivery.firing.side],
            "value": _written(delivery, digits(delivery.firing.value)),
            "fired_at": _minute(delivery.firing.fired_at),
            "quiet": str(delivery.firing.quiet),
        }
    return values


def _written(delivery: Delivery, number: str) -> str:
    if delivery.measure == "price_change":
        return f"{number} %"
    return f"{number} {delivery.currency}" if delivery.measure == "price" and delivery.currency else number


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
