"""What happens in the sample: the listings, the calendar and the invented events. It knows neither prices nor words.

Times are minutes from the reference moment, Monday 2026-03-02 00:00 UTC; nothing here happened.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

Market = Literal["US", "KR"]

REFERENCE = datetime(2026, 3, 2, tzinfo=UTC)
DAY = 24 * 60
FIRST_DAY = date(2024, 3, 4)  # two years of daily bars before the reference
LAST_DAY = date(2026, 3, 8)  # and the week after it
FIRST_POST = -60 * DAY
LAST_POST = 7 * DAY

# open and close of a session in minutes of the UTC day: New York in winter, Seoul all year
SESSION: dict[Market, tuple[int, int]] = {"US": (14 * 60 + 30, 21 * 60), "KR": (0, 6 * 60 + 30)}


class Company(NamedTuple):
    """A listing, how its price behaves (first price, daily drift and deviation, shares a day), what it is called."""

    symbol: str
    name: str
    name_ko: str
    aliases: tuple[str, ...]
    market: Market
    price: float
    drift: float
    deviation: float
    shares: int
    said_en: tuple[str, ...]
    said_ko: tuple[str, ...]


COMPANIES = (
    Company("AAPL", "Apple Inc.", "애플", (),
            "US", 178.0, 0.0007, 0.014, 54_000_000, ("Apple", "$AAPL", "AAPL"), ("애플",)),
    Company("MSFT", "Microsoft Corporation", "마이크로소프트", ("마소",),
            "US", 411.0, 0.0005, 0.013, 21_000_000, ("Microsoft", "$MSFT", "MSFT"), ("마이크로소프트", "마소")),
    Company("NVDA", "NVIDIA Corporation", "엔비디아", ("엔비",),
            "US", 88.0, 0.0014, 0.025, 240_000_000, ("Nvidia", "$NVDA", "NVDA"), ("엔비디아", "엔비디아", "엔비")),
    Company("AMZN", "Amazon.com, Inc.", "아마존", ("Amazon", "아마존닷컴"),
            "US", 176.0, 0.0006, 0.017, 41_000_000, ("Amazon", "$AMZN", "AMZN"), ("아마존",)),
    Company("GOOGL", "Alphabet Inc.", "알파벳", ("Google", "구글"),
            "US", 138.0, 0.0010, 0.016, 29_000_000, ("Google", "$GOOGL", "Alphabet"), ("구글", "구글", "알파벳")),
    Company("META", "Meta Platforms, Inc.", "메타 플랫폼스", ("Meta", "Facebook", "메타", "페이스북"),
            "US", 494.0, 0.0008, 0.018, 14_000_000, ("Meta", "$META", "META"), ("메타",)),
    Company("TSLA", "Tesla, Inc.", "테슬라", ("테슬",),
            "US", 196.0, 0.0008, 0.027, 95_000_000, ("Tesla", "$TSLA", "TSLA"), ("테슬라",)),
    Company("005930.KS", "Samsung Electronics Co., Ltd.", "삼성전자", ("삼전", "Samsung"), "KR",
            73_400.0, 0.0009, 0.015, 19_000_000, ("Samsung", "Samsung Electronics"), ("삼성전자", "삼전", "삼전")),
    Company("000660.KS", "SK hynix Inc.", "SK하이닉스", ("하이닉스", "하닉", "hynix"),
            "KR", 158_000.0, 0.0015, 0.022, 4_300_000, ("SK hynix", "hynix"), ("하이닉스", "SK하이닉스", "하닉")),
    Company("035420.KS", "NAVER Corp.", "NAVER", ("네이버", "Naver"),
            "KR", 192_500.0, 0.0002, 0.016, 780_000, ("Naver", "NAVER"), ("네이버", "네이버", "NAVER")),
    Company("035720.KS", "Kakao Corp.", "카카오", ("Kakao",),
            "KR", 53_200.0, 0.0001, 0.018, 1_500_000, ("Kakao",), ("카카오",)),
    Company("005380.KS", "Hyundai Motor Company", "현대차", ("현대자동차", "현차", "Hyundai", "Hyundai Motor"),
            "KR", 243_000.0, 0.0004, 0.016, 890_000, ("Hyundai", "Hyundai Motor"), ("현대차", "현대차", "현차")),
)  # fmt: skip

BY_SYMBOL = {company.symbol: company for company in COMPANIES}

# days without a session; a few, not the exchanges' full calendars
_CLOSED: dict[Market, str] = {
    "US": """
        2024-05-27 2024-06-19 2024-07-04 2024-09-02 2024-11-28 2024-12-25 2025-01-01 2025-01-20 2025-02-17
        2025-05-26 2025-06-19 2025-07-04 2025-09-01 2025-11-27 2025-12-25 2026-01-01 2026-01-19 2026-02-16
    """,
    "KR": """
        2024-05-01 2024-06-06 2024-08-15 2024-09-16 2024-09-17 2024-09-18 2024-10-03 2024-10-09 2024-12-25
        2025-01-01 2025-01-28 2025-01-29 2025-01-30 2025-05-05 2025-06-06 2025-08-15 2025-10-03 2025-10-06
        2025-10-07 2025-10-08 2025-10-09 2025-12-25 2026-01-01 2026-02-16 2026-02-17 2026-02-18
    """,
}
HOLIDAYS = {market: frozenset(map(date.fromisoformat, days.split())) for market, days in _CLOSED.items()}


class Event(NamedTuple):
    """An invented piece of news: when, about whom, of which kind, the extra move of the next session, and how loud."""

    at: int
    symbol: str
    kind: str
    move: float
    loudness: float


def _at(day: int, hour: float) -> int:
    return day * DAY + int(hour * 60)


EVENTS = (
    Event(_at(-55, 13.0), "NVDA", "order", 0.045, 6),
    Event(_at(-53, 0.2), "005930.KS", "beat", 0.045, 8),
    Event(_at(-48, 12.5), "TSLA", "delay", -0.055, 8),
    Event(_at(-46, 2.0), "035720.KS", "outage", -0.040, 7),
    Event(_at(-41, 21.1), "MSFT", "beat", 0.045, 7),
    Event(_at(-40, 21.1), "META", "miss", -0.070, 8),
    Event(_at(-39, 0.2), "000660.KS", "beat", 0.060, 9),
    Event(_at(-39, 21.4), "AAPL", "beat", 0.045, 9),
    Event(_at(-34, 21.1), "GOOGL", "beat", 0.050, 7),
    Event(_at(-33, 2.0), "005380.KS", "recall", -0.045, 7),
    Event(_at(-32, 21.1), "AMZN", "miss", -0.060, 7),
    Event(_at(-27, 1.0), "035420.KS", "launch", 0.050, 7),
    Event(_at(-25, 14.0), "TSLA", "recall", -0.045, 8),
    Event(_at(-20, 1.0), "035720.KS", "downgrade", -0.045, 6),
    Event(_at(-19, 21.3), "NVDA", "beat", 0.070, 10),
    Event(_at(-18, 0.5), "000660.KS", "order", 0.050, 8),
    Event(_at(-13, 17.0), "AAPL", "launch", 0.030, 8),
    Event(_at(-11, 8.0), "NVDA", "curbs", -0.055, 9),
    Event(_at(-11, 8.5), "000660.KS", "curbs", -0.050, 8),
    Event(_at(-6, 13.0), "AMZN", "upgrade", 0.040, 6),
    Event(_at(-5, 1.0), "005380.KS", "order", 0.050, 7),
    Event(_at(-4, 15.0), "GOOGL", "outage", -0.035, 7),
    Event(_at(-3, 3.0), "035720.KS", "launch", 0.060, 7),
    Event(_at(-3, 13.0), "TSLA", "upgrade", 0.050, 8),
    Event(_at(-2, 8.0), "005930.KS", "order", 0.035, 7),
    Event(_at(-1, 17.0), "AAPL", "launch", 0.030, 7),
    Event(_at(0, 13.0), "MSFT", "outage", -0.035, 8),
    Event(_at(0, 23.7), "000660.KS", "eased", 0.060, 9),
    Event(_at(1, 12.5), "NVDA", "eased", 0.055, 9),
    Event(_at(1, 21.2), "META", "beat", 0.060, 8),
    Event(_at(2, 0.5), "035420.KS", "miss", -0.060, 8),
    Event(_at(2, 15.0), "TSLA", "recall", -0.055, 9),
    Event(_at(3, 0.2), "005930.KS", "beat", 0.055, 10),
    Event(_at(3, 21.2), "AMZN", "beat", 0.060, 8),
    Event(_at(4, 1.5), "005380.KS", "downgrade", -0.045, 7),
    Event(_at(4, 14.0), "AAPL", "upgrade", 0.040, 9),
    Event(_at(5, 3.0), "035720.KS", "outage", -0.040, 8),
    Event(_at(5, 15.0), "NVDA", "curbs", -0.040, 9),
    Event(_at(6, 4.0), "005930.KS", "order", 0.030, 8),
    Event(_at(6, 16.0), "GOOGL", "launch", 0.030, 8),
)


def trading_days(market: Market) -> list[date]:
    """The days of the sample on which this market has a session, in order."""
    span = (LAST_DAY - FIRST_DAY).days + 1
    days = (FIRST_DAY + timedelta(days=offset) for offset in range(span))
    return [day for day in days if day.weekday() < 5 and day not in HOLIDAYS[market]]
