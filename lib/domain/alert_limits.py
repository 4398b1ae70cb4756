"""Which rules make sense: a threshold that can be reached, a way back, a window where there is one. It does not know
how a rule is judged (lib/domain/alerts.py).
"""

from datetime import timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from lib.domain.alerts import OF_PRICES, Measure, Rule, band
from lib.domain.confidence import Confidence

Channel = Literal["webhook", "email"]

MOST_ALERTS = 100
LONGEST_NAME = 80

DEFAULT_COOLDOWN = timedelta(hours=1)
LONGEST_COOLDOWN = timedelta(days=30)
SHORTEST_BETWEEN_MAILS = timedelta(minutes=5)

DEFAULT_POSTS = 10
DEFAULT_CONFIDENCE: Confidence = "medium"
MOST_POSTS = 1_000_000

_PLACES = 6


class Reach(NamedTuple):
    """What values a measure can take: both edges of a rule's band must lie strictly between."""

    least: Decimal
    most: Decimal
    words: str


_REACHES: dict[Measure, Reach] = {
    "score": Reach(Decimal(-1), Decimal(1), "between -1 and 1"),
    "filtered_score": Reach(Decimal(-1), Decimal(1), "between -1 and 1"),
    "buzz": Reach(Decimal(-1000), Decimal(1000), "between -1000 and 1000"),
    "filtered_buzz": Reach(Decimal(-1000), Decimal(1000), "between -1000 and 1000"),
    "price": Reach(Decimal(0), Decimal(10) ** 12, "a price above 0"),
    "price_change": Reach(Decimal(-100), Decimal(1_000_000), "percent above -100"),
}

_USUAL_HYSTERESIS: dict[Measure, Decimal] = {
    "score": Decimal("0.05"),
    "filtered_score": Decimal("0.05"),
    "buzz": Decimal("0.5"),
    "filtered_buzz": Decimal("0.5"),
    "price": Decimal(0),
    "price_change": Decimal("0.25"),
}


class UnusableRule(ValueError):
    """A rule that cannot work. `field` names what is at fault, `accepted` says what would do."""

    def __init__(self, field: str, message: str, *, accepted: str) -> None:
        super().__init__(message)
        self.field = field
        self.accepted = accepted


def usual_hysteresis(measure: Measure) -> Decimal:
    """What is taken where nothing is said."""
    return _USUAL_HYSTERESIS[measure]


def check_rule(rule: Rule, channel: Channel) -> None:
    """Raises UnusableRule for a rule that could never fire, never be ready again, or tell more than a mailbox bears."""
    reach = _REACHES[rule.measure]
    _check_number("threshold", rule.threshold)
    _check_number("hysteresis", rule.hysteresis)
    if not reach.least < rule.threshold < reach.most:
        raise UnusableRule("threshold", f"A {_named(rule)} never reaches {rule.threshold}.", accepted=reach.words)
    if rule.hysteresis < 0:
        raise UnusableRule("hysteresis", "A hysteresis is not negative.", accepted="0 or more")
    low, high = band(rule)
    if not (reach.least < low and high < reach.most):
        raise UnusableRule(
            "hysteresis",
            f"With the hysteresis {rule.hysteresis} a {_named(rule)} never comes back.",
            accepted=f"a smaller one: threshold and hysteresis together {reach.words}",
        )
    if rule.measure == "price" and rule.window is not None:
        raise UnusableRule("window", "A price has no window.", accepted="a window with any other measure")
    if rule.measure != "price" and rule.window is None:
        raise UnusableRule("window", f"A {_named(rule)} needs a window.", accepted="one of 1h, 24h, 7d")
    _check_posts(rule)
    _check_cooldown(rule, channel)


def _check_number(field: str, number: Decimal) -> None:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise UnusableRule(field, f"The {field} is no number.", accepted="a decimal number such as 0.25")
    if -exponent > _PLACES or number.adjusted() > 12:
        raise UnusableRule(field, f"The {field} has too many digits.", accepted=f"at most {_PLACES} after the point")


def _check_posts(rule: Rule) -> None:
    if rule.measure in OF_PRICES:
        if rule.min_posts:
            raise UnusableRule("min_posts", "A price rests on no posts.", accepted="no min_posts with a price")
        if rule.min_confidence != "none":
            raise UnusableRule(
                "min_confidence", "A price rests on no posts.", accepted="no min_confidence with a price"
            )
    elif not 0 <= rule.min_posts <= MOST_POSTS:
        raise UnusableRule("min_posts", "That many posts never come.", accepted=f"0 to {MOST_POSTS}")


def _check_cooldown(rule: Rule, channel: Channel) -> None:
    least = SHORTEST_BETWEEN_MAILS if channel == "email" else timedelta(0)
    if not least <= rule.cooldown <= LONGEST_COOLDOWN:
        raise UnusableRule(
            "cooldown_s",
            "The cool-down is too long." if rule.cooldown > LONGEST_COOLDOWN else "The cool-down is too short.",
            accepted=f"{least.total_seconds():.0f} to {LONGEST_COOLDOWN.total_seconds():.0f} seconds by {channel}",
        )


def _named(rule: Rule) -> str:
    return rule.measure.replace("_", " ")
