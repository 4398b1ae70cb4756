"""When an alert fires: the side of a threshold on which a value stands, and its change. It does not know where values
come from, nor who is told.

A value is above the threshold or below it, and only the change from one to the other fires. What lies within the
hysteresis keeps its side; what is not known, or rests on too few posts, changes nothing. Every number is a Decimal.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from lib.domain.confidence import Confidence

Measure = Literal["score", "filtered_score", "buzz", "filtered_buzz", "price", "price_change"]
Direction = Literal["above", "below", "crosses"]
Side = Literal["above", "below"]
Window = Literal["1h", "24h", "7d"]

OF_SENTIMENT: frozenset[Measure] = frozenset({"score", "filtered_score", "buzz", "filtered_buzz"})
OF_BUZZ: frozenset[Measure] = frozenset({"buzz", "filtered_buzz"})
OF_PRICES: frozenset[Measure] = frozenset({"price", "price_change"})

WINDOWS: dict[Window, timedelta] = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}

_GRADES: tuple[Confidence, ...] = ("none", "low", "medium", "high")


class Rule(Struct, frozen=True, kw_only=True):
    """What fires. `threshold` and `hysteresis` are in the unit of the measure: a score, robust standard deviations,
    the listing's currency, or percent. The least posts and confidence are 0 and `none` where a measure has no posts.
    """

    measure: Measure
    direction: Direction
    threshold: Decimal
    hysteresis: Decimal = Decimal(0)
    cooldown: timedelta = timedelta(0)
    window: Window | None = None
    min_posts: int = 0
    min_confidence: Confidence = "none"

    def after_split(self, factor: Decimal) -> "Rule":
        """This rule for prices after a split into `factor` new shares per old one."""
        return replace(self, threshold=self.threshold / factor, hysteresis=self.hysteresis / factor)


class Look(Struct, frozen=True, kw_only=True):
    """What is known of a measure at one moment. `value` is None where nothing is; posts and confidence are those that
    the value rests on.
    """

    value: Decimal | None
    posts: int = 0
    confidence: Confidence = "none"


class Standing(Struct, frozen=True, kw_only=True):
    """What an alert has learned: its side (None: not known yet), when it last fired (UTC), and how many crossings its
    cool-down has kept quiet since.
    """

    side: Side | None = None
    fired_at: datetime | None = None
    quiet: int = 0


class Band(NamedTuple):
    """Above `high` is above, below `low` is below; what lies between, the edges included, keeps its side."""

    low: Decimal
    high: Decimal


class Verdict(NamedTuple):
    """Where the alert stands now, and the side that it fires for, or None. `quiet` crossings came before it."""

    standing: Standing
    fires: Side | None = None
    quiet: int = 0


def band(rule: Rule) -> Band:
    """Where `rule` changes sides. An alert fires at its threshold and is ready again once the value has come back by
    the hysteresis; one that fires both ways has it on both sides.

    >>> band(Rule(measure="score", direction="above", threshold=Decimal("0.3"), hysteresis=Decimal("0.1")))
    Band(low=Decimal('0.2'), high=Decimal('0.3'))
    """
    low = rule.threshold if rule.direction == "below" else rule.threshold - rule.hysteresis
    high = rule.threshold if rule.direction == "above" else rule.threshold + rule.hysteresis
    return Band(low, high)


def side_of(rule: Rule, value: Decimal, before: Side | None) -> Side | None:
    """The side of `value` after `before`. A first value within the band counts for the side from which the alert can
    fire; on the very threshold of one that fires both ways it counts for none.
    """
    low, high = band(rule)
    if value > high:
        return "above"
    if value < low:
        return "below"
    if before is not None:
        return before
    if rule.direction == "crosses":
        return None if value == rule.threshold else "above" if value > rule.threshold else "below"
    return "below" if rule.direction == "above" else "above"


def judge(rule: Rule, standing: Standing, look: Look, now: datetime) -> Verdict:
    """Where an alert that stood at `standing` stands after `look`, and whether that fires. The first side that is
    learned never does.
    """
    if look.value is None:
        return Verdict(standing)
    side = side_of(rule, look.value, standing.side)
    if side == standing.side or side is None or not _rests_on_enough(rule, look, side):
        return Verdict(standing)
    if standing.side is None or rule.direction not in (side, "crosses"):
        return Verdict(replace(standing, side=side))
    if standing.fired_at is not None and now < standing.fired_at + rule.cooldown:
        return Verdict(replace(standing, side=side, quiet=standing.quiet + 1))
    return Verdict(Standing(side=side, fired_at=now), side, standing.quiet)


def digits(number: Decimal) -> str:
    """`number` in plain digits, without zeros at its end.

    >>> digits(Decimal("8E+4")), digits(Decimal("0.250"))
    ('80000', '0.25')
    """
    return format(number.normalize() + 0, "f")


def _rests_on_enough(rule: Rule, look: Look, side: Side) -> bool:
    if rule.measure not in OF_SENTIMENT:
        return True
    # few posts are what a low buzz is made of; asking for many would leave an alert above for ever
    if rule.measure in OF_BUZZ and side == "below":
        return True
    enough = _GRADES.index(look.confidence) >= _GRADES.index(rule.min_confidence)
    return enough and look.posts >= rule.min_posts
