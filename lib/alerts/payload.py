"""What a webhook carries. It does not know how it is signed or sent.

Numbers are decimal text, exact as they are known. The id is the delivery's: the same in every try, so that a receiver
can tell a repetition.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from lib.db.alerts.deliveries import Delivery
from lib.domain.alerts import Direction, Measure, Side, Window, digits
from lib.domain.confidence import Confidence


class AlertPart(msgspec.Struct, frozen=True, kw_only=True):
    """The alert, with its rule as it was when it fired."""

    id: UUID
    name: str
    symbol: str
    measure: Measure
    window: Window | None
    direction: Direction
    threshold: str


class FiringPart(msgspec.Struct, frozen=True, kw_only=True):
    """The firing: on which side the value is now. `currency` is that of a price, `quiet` counts the crossings that the
    cool-down kept quiet before.
    """

    id: UUID
    fired_at: datetime
    side: Side
    value: str
    currency: str | None
    posts: int | None
    confidence: Confidence | None
    quiet: int


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The body. A test has no firing."""

    id: UUID
    type: Literal["alert.fired", "alert.test"]
    created_at: datetime
    alert: AlertPart
    firing: FiringPart | None


def payload(delivery: Delivery) -> bytes:
    """The body of `delivery` as JSON."""
    fired = delivery.firing
    return msgspec.json.encode(
        Payload(
            id=delivery.id,
            type="alert.test" if fired is None else "alert.fired",
            created_at=delivery.created_at,
            alert=AlertPart(
                id=delivery.alert_id,
                name=delivery.name,
                symbol=delivery.symbol,
                measure=delivery.measure,
                window=delivery.window,
                direction=delivery.direction,
                threshold=digits(delivery.threshold),
            ),
            firing=None
            if fired is None
            else FiringPart(
                id=fired.id,
                fired_at=fired.fired_at,
                side=fired.side,
                value=digits(fired.value),
                currency=delivery.currency if delivery.measure == "price" else None,
                posts=fired.posts,
                confidence=fired.confidence,
                quiet=fired.quiet,
            ),
        )
    )
