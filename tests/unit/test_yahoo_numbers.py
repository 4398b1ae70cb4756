"""Yahoo's floats become the decimals that Yahoo meant, and come out the same however they were widened."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lib.domain.bars import Bar
from lib.sources.bars import is_noise, without_noise
from lib.sources.yahoo.numbers import exact
from tests.servers.yahoo_charts import widened

# what a 32-bit number can hold apart: six digits
ticks = st.integers(1, 999_999).flatmap(lambda digits: st.integers(-4, 2).map(lambda e: Decimal(digits).scaleb(e)))


@given(ticks)
def test_a_price_survives_being_kept_in_32_bits(price: Decimal) -> None:
    assert exact(widened(price)) == price


@given(ticks)
def test_a_price_sent_plain_and_one_sent_widened_are_the_same(price: Decimal) -> None:
    assert exact(float(price)) == exact(widened(price))


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_no_information_is_lost(value: float) -> None:
    decimal = exact(value)
    assert decimal is not None
    assert float(decimal) == value or widened(decimal) == value


def test_what_is_no_number_is_none() -> None:
    assert exact(None) is None
    assert [exact(float(text)) for text in ("nan", "inf", "-inf")] == [None, None, None]


@given(st.decimals("0.01", "100000", places=4), st.integers(-3, 3))
def test_a_float32_tremble_is_noise_and_a_cent_is_not(price: Decimal, ulps: int) -> None:
    trembling = price * (1 + ulps * Decimal("1.2e-7"))
    assert is_noise(price, trembling)
    assert not is_noise(price, price * Decimal("1.00001"))


def test_noise_keeps_the_known_adjusted_close_and_a_correction_replaces_it() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    bars = [_bar(at, "72.716075"), _bar(at + timedelta(days=1), "70"), _bar(at + timedelta(days=2), "71")]
    known = {at: Decimal("72.71608"), at + timedelta(days=1): Decimal("72")}

    assert [bar.adj_close for bar in without_noise(bars, known)] == [Decimal("72.71608"), Decimal(70), Decimal(71)]


def _bar(at: datetime, adj_close: str) -> Bar:
    one = Decimal(75)
    return Bar(
        symbol="AAPL", interval="1d", start=at, open=one, high=one, low=one, close=one, adj_close=Decimal(adj_close)
    )
