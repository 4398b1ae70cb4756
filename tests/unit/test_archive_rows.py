"""Fields become posts, bars and listings, or a reason why not."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.bar_rules import bar_fault
from lib.domain.bars import Interval
from lib.domain.posts import Post
from lib.domain.symbols import Listing
from lib.sources.archive.bars import BarRow, bar_reader
from lib.sources.archive.columns import FIELDS, Kind
from lib.sources.archive.posts import decode_entities, post_reader
from lib.sources.archive.rejects import Rejected
from lib.sources.archive.seen import SeenBars
from lib.sources.archive.symbols import read_listing


def fields(kind: Kind, values: dict[str, Any]) -> tuple[Any, ...]:
    assert values.keys() <= FIELDS[kind].keys()
    return tuple(values.get(field) for field in FIELDS[kind])


def post(**values: Any) -> Post:
    given_values = {
        "source": "x",
        "external_id": "1",
        "published_at": "2026-03-02T10:00:00Z",
        "text": "hello",
        **values,
    }
    return post_reader(None, None)(fields("posts", given_values))


def bar(otherwise: Interval | None = None, zone: str | None = None, **values: Any) -> BarRow:
    given_values = {"symbol": "AAPL", "start": "2026-03-02", "close": "2", **values}
    return bar_reader(ZoneInfo(zone) if zone else None, otherwise)(fields("bars", given_values))


def listing(**values: Any) -> Listing:
    return read_listing(fields("symbols", values))


def test_posts_of_every_shape() -> None:
    assert post(text="AT&amp;T &#39;up&#39; &lt;3", author="[deleted]", reach="6", author_since=1388531408) == Post(
        source="x", external_id="1", published_at=datetime(2026, 3, 2, 10, tzinfo=UTC), text="AT&T 'up' <3",
        reach=6, author_since=datetime(2013, 12, 31, 23, 10, 8, tzinfo=UTC),
    )  # fmt: skip
    assert post(text=None, title="Cannabis vote").title == "Cannabis vote"
    assert post(text="[removed]", title="T").text == ""
    assert post(external_id=418157151946035200).external_id == "418157151946035200"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"text": "[removed]"}, "no text and no title"),
        ({"text": " "}, "no text and no title"),
        ({"text": 5}, "text is not text"),
        ({"external_id": ""}, "no external_id"),
        ({"external_id": "x" * 201}, "longer than 200"),
        ({"source": None}, "--source"),
        ({"source": "a b"}, "not a word"),
        ({"source": "sample"}, "kept for the sample"),
        ({"published_at": None}, "no published_at"),
        ({"published_at": "2026-03-02 10:00"}, "no time zone"),
        ({"reach": "many"}, "number of followers"),
        ({"author": {"name": "x"}}, "author is not text"),
        ({"text": "x" * 200_001}, "longer than"),
    ],
)
def test_posts_that_are_none(values: dict[str, Any], says: str) -> None:
    with pytest.raises(Rejected, match=says):
        post(**values)


@given(st.text(max_size=60))
def test_text_without_entities_stays_as_it_is(text: str) -> None:
    assert decode_entities(text.replace("&", "")) == text.replace("&", "")
    assert decode_entities(text.replace("&", "&amp;")) == text


def test_bars_keep_their_numbers_as_written() -> None:
    row = bar(open="1.10", high="2.500", low="1.0", close="2", adj_close="", volume="")
    assert row.line == "2026-03-02T00:00:00+00:00\t1.10\t2.500\t1.0\t2\t\\N\t\\N\n"
    assert bar(open="0", high="0", low="0", close="5", volume="0").line.split("\t")[1:] == [
        "\\N",
        "\\N",
        "\\N",
        "5",
        "\\N",
        "0\n",
    ]
    assert bar(close=Decimal("1.50"), volume=Decimal("7.0")).line.endswith("\\N\t\\N\t\\N\t1.50\t\\N\t7\n")
    assert bar(otherwise="1m", zone="US/Eastern", start="2019-02-11 09:31:00").start == datetime(
        2019, 2, 11, 14, 31, tzinfo=UTC
    )


@pytest.mark.parametrize(("written", "interval"), [("1min", "1m"), ("daily", "1d"), ("60m", "1h"), ("", "1d")])
def test_intervals_by_their_usual_names(written: str, interval: str) -> None:
    values = {"symbol": "AAPL", "start": "2026-03-02T00:00:00Z", "close": "2", "interval": written}
    assert bar_reader(None, None)(fields("bars", values)).interval == interval


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"close": ""}, "no close"),
        ({"close": "NaN"}, "'NaN' is not a number"),
        ({"open": "inf"}, "'inf' is not a number"),
        ({"close": "1,234.5"}, "is not a number"),
        ({"close": "1_000"}, "is not a number"),
        ({"close": "١"}, "is not a number"),
        ({"close": True}, "close is not a number"),
        ({"close": "0"}, "not above zero"),
        ({"open": "-1"}, "not above zero"),
        ({"close": "1e90"}, "is not a price"),
        ({"high": "1", "low": "2", "open": "1"}, "high 1 is below low 2"),
        ({"volume": "-5"}, "not a number of shares"),
        ({"volume": "1.5"}, "not a number of shares"),
        ({"volume": "9223372036854775808"}, "not a number of shares"),
        ({"symbol": "a b"}, "not a symbol"),
        ({"symbol": "", "code": "005930"}, "needs its market"),
        ({"symbol": None}, "no symbol"),
        ({"start": ""}, "no start"),
        ({"start": []}, "no start"),
        ({"interval": "5m"}, "none of 1d, 1h, 1m"),
    ],
)
def test_bars_that_are_none(values: dict[str, Any], says: str) -> None:
    with pytest.raises(Rejected, match=says):
        bar(**values)


written_number = st.one_of(
    st.decimals(min_value=0, max_value=10**6, places=3).map(str),
    st.sampled_from(["", "0", "0.0", "00", "-1", "1e3", "nan", "1.", ".5", "+2", "9" * 16, "x"]),
)


@given(written_number, written_number, written_number, written_number, written_number, written_number)
def test_the_short_way_says_what_the_long_way_says(o: str, h: str, low: str, c: str, adj: str, volume: str) -> None:
    texts = {"open": o, "high": h, "low": low, "close": c, "adj_close": adj, "volume": volume}

    def line(**values: Any) -> str:
        try:
            return bar(**values).line
        except Rejected as error:
            return f"rejected: {error}"

    # a blank around the number keeps a row from the short way and changes nothing else
    short, long = line(**texts), line(**{**texts, "open": f" {o}"})
    if short.startswith("rejected"):
        assert long == short
    else:
        numbers = [None if part == "\\N" else Decimal(part) for part in short.strip().split("\t")[1:]]
        assert numbers == [None if part == "\\N" else Decimal(part) for part in long.strip().split("\t")[1:]]
        opened, high, lowest, close, adjusted, shares = numbers
        assert close is not None
        assert bar_fault("AAPL", opened, high, lowest, close, adjusted, None if shares is None else int(shares)) is None


def test_futures_may_trade_below_zero() -> None:
    assert "-37.63" in bar(symbol="CL=F", close="-37.63").line


@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["1d", "1h", "1m"]), st.integers(-5, 5000))))
def test_bars_seen_are_a_set(keys: list[tuple[str, Interval, int]]) -> None:
    slot = {"1d": 86_400, "1h": 900, "1m": 60}
    seen, known = SeenBars(), set()
    for key in keys:
        symbol, interval, n = key
        assert seen.add(symbol, interval, n * slot[interval]) == (key not in known)
        known.add(key)


def test_listings_of_both_countries() -> None:
    assert listing(symbol="005930.KS", code="005930", name="Samsung", name_ko="삼성전자", exchange="KOSPI",
                   listed_on="1975-06-11") == Listing(
        symbol="005930.KS", name="Samsung", name_ko="삼성전자", exchange="KOSPI", currency="KRW",
        listed_on=date(1975, 6, 11),
    )  # fmt: skip
    assert listing(symbol="BRK-B", name="Berkshire", exchange="NYSE").currency == "USD"
    assert listing(symbol="", code="278990", name_ko="이엠비", exchange="KONEX").symbol == "278990.KN"
    assert listing(code="028730", name_ko="경성전기", exchange="KOSPI", delisted_on="1961-06-30").name == "경성전기"
    assert listing(symbol="X", aliases=" b |a| ").aliases == ("a", "b")
    assert listing(symbol="xyz").name == "XYZ"
    with pytest.raises(Rejected, match="listed_on"):
        listing(symbol="X", listed_on="soon")
