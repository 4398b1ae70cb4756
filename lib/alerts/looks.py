"""What each alert looks at, taken from the values of all symbols at once. It does not judge, and it writes nothing.

Sentiment is what `GET /sentiment/{symbol}` answers for the same window, a price the close of the newest bar. What is
too old to be news is not known.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import prod
from typing import NamedTuple

from lib.db.alerts.evaluation import Watched
from lib.db.alerts.values import (
    SILENCE,
    Asked,
    History,
    Price,
    PriceBefore,
    Said,
    histories,
    prices,
    prices_before,
    said,
    splits,
)
from lib.db.pool import Connection
from lib.domain.alerts import OF_BUZZ, OF_PRICES, OF_SENTIMENT, WINDOWS, Look, Rule
from lib.domain.buzz import buzz
from lib.domain.confidence import confidence
from lib.domain.sentiment import BUCKET

STALE = timedelta(days=7)

_LONGEST_CLOSURE = timedelta(days=14)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENT = Decimal("0.0001")
_UNKNOWN = Look(value=None)

Splits = dict[int, list[tuple[date, Decimal]]]


class Values(NamedTuple):
    """The newest values of every symbol that is watched."""

    said: dict[Asked, Said]
    histories: dict[Asked, History]
    prices: dict[int, Price]
    before: dict[Asked, PriceBefore]
    splits: Splits


async def read_values(conn: Connection, scorer: str, watched: Sequence[Watched], now: datetime) -> Values:
    """All that `watched` need, in at most five statements. Windows end with the five minutes that hold `now` (UTC)."""
    until = _EPOCH + ((now - _EPOCH) // BUCKET + 1) * BUCKET
    talk = _asked(watched, OF_SENTIMENT)
    of_prices = [alert for alert in watched if alert.rule.measure in OF_PRICES]
    priced = {alert.symbol_id for alert in of_prices}
    newest = await prices(conn, priced, now - STALE)
    moments = {
        (symbol, window): newest[symbol].moment - WINDOWS[window]
        for symbol, window in _asked(watched, frozenset({"price_change"}))
        if symbol in newest and (window != "1h" or not newest[symbol].is_daily)
    }
    earliest = min((alert.ruled_at for alert in of_prices), default=now) - WINDOWS["7d"] - _LONGEST_CLOSURE
    return Values(
        await said(conn, scorer, talk, until),
        await histories(conn, scorer, _asked(watched, OF_BUZZ), until),
        newest,
        await prices_before(conn, moments, no_older=_LONGEST_CLOSURE),
        await splits(conn, priced, earliest.date()),
    )


def look_at(alert: Watched, values: Values) -> tuple[Rule, Look]:
    """What is known of what `alert` measures, and its rule as it stands after splits."""
    rule = alert.rule
    if rule.measure == "price":
        return _price(alert, values)
    assert rule.window is not None
    asked = (alert.symbol_id, rule.window)
    if rule.measure == "price_change":
        return rule, _change(asked, values)
    talk = values.said.get(asked, SILENCE)
    filtered = rule.measure.startswith("filtered_")
    posts, authors = (talk.filtered_posts, talk.filtered_authors) if filtered else (talk.posts, talk.authors)
    if rule.measure in OF_BUZZ:
        value = _buzz(posts, values.histories.get(asked), filtered=filtered)
    else:
        value = talk.filtered_score if filtered else talk.score
    return rule, Look(value=value, posts=posts, confidence=confidence(posts, authors))


def _asked(watched: Sequence[Watched], measures: frozenset[str]) -> set[Asked]:
    return {
        (alert.symbol_id, alert.rule.window)
        for alert in watched
        if alert.rule.measure in measures and alert.rule.window is not None
    }


def _buzz(posts: int, history: History | None, *, filtered: bool) -> Decimal | None:
    if history is None:
        return None
    unusual, _ = buzz(posts, history.filtered_posts if filtered else history.posts, older=history.older)
    return None if unusual is None else Decimal(str(unusual))


def _price(alert: Watched, values: Values) -> tuple[Rule, Look]:
    price = values.prices.get(alert.symbol_id)
    if price is None:
        return alert.rule, _UNKNOWN
    factor = _factor(values.splits.get(alert.symbol_id, ()), alert.ruled_at.date(), price.day)
    rule = alert.rule if factor == 1 else alert.rule.after_split(factor)
    return rule, Look(value=price.close)


def _change(asked: Asked, values: Values) -> Look:
    price, before = values.prices.get(asked[0]), values.before.get(asked)
    if price is None or before is None or before.close <= 0:
        return _UNKNOWN
    earlier = before.close / _factor(values.splits.get(asked[0], ()), before.day, price.day)
    return Look(value=((price.close / earlier - 1) * 100).quantize(_CENT))


def _factor(found: Sequence[tuple[date, Decimal]], after: date, until: date) -> Decimal:
    """New shares per old one, by the splits of ]after, until]."""
    return prod((factor for day, factor in found if after < day <= until and factor > 0), start=Decimal(1))
