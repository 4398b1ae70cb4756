"""The shapes of what /users/me/alerts takes and answers. Numbers of rules and values are decimal text, never floats."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from lib.db.alerts.deliveries import State
from lib.domain.alert_limits import Channel
from lib.domain.alerts import Direction, Measure, Side, Window
from lib.domain.confidence import Confidence

_NUMBER = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"

AlertName = Annotated[str, Meta(max_length=200, description="What you call it.", examples=["Samsung above 80,000"])]
Symbol = Annotated[str, Meta(max_length=40, examples=["005930.KS"])]
What = Annotated[
    Measure,
    Meta(
        description="`score` and `buzz` of the posts in the window, `filtered_…` without copies, as "
        "`GET /sentiment/{symbol}` answers them; the newest `price`; or its change over the window in percent."
    ),
]
Length = Annotated[
    Window | None, Meta(description="How far back; null for a price, which has none. Default: 24h.", examples=["24h"])
]
Way = Annotated[Direction, Meta(description="`crosses` fires both ways.")]
Threshold = Annotated[
    str,
    Meta(
        pattern=_NUMBER,
        description="As decimal text: a score, a buzz, a price in the listing's currency, or percent.",
        examples=["80000", "0.25"],
    ),
]
Hysteresis = Annotated[
    str,
    Meta(
        pattern=_NUMBER,
        description="How far a value must come back before the alert fires again. Default: 0.05 of a score, 0.5 of a "
        "buzz, 0.25 of a change, 0 of a price.",
        examples=["0.05"],
    ),
]
Cooldown = Annotated[
    int,
    Meta(
        ge=0,
        le=2_592_000,
        description="Seconds after a firing in which no other follows; by mail at least 300. Default: 3600.",
        examples=[3600],
    ),
]
MinPosts = Annotated[
    int,
    Meta(ge=0, le=1_000_000, description="Fewer posts than this change nothing. Default: 10; 0 for prices."),
]
MinConfidence = Annotated[
    Confidence, Meta(description="Less confidence than this changes nothing. Default: medium; none for prices.")
]
Place = Annotated[str, Meta(max_length=2000, examples=["https://hooks.example.com/stocks"])]
Version = Annotated[int, Meta(description="Grows with every change.", ge=1, le=2_147_483_647, examples=[1])]
Digits = Annotated[str, Meta(description="Decimal text.", examples=["80100"])]


class AlertWanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An alert to be made; what is left out is as usual."""

    symbol: Symbol
    measure: What
    direction: Way
    threshold: Threshold
    channel: Annotated[Channel, Meta(description="`email` goes to your account's address.")]
    url: Annotated[Place | None, Meta(description="Where a webhook goes; null for mail.")] = None
    name: AlertName | None = None
    window: Length = None
    hysteresis: Hysteresis | None = None
    cooldown_s: Cooldown | None = None
    min_posts: MinPosts | None = None
    min_confidence: MinConfidence | None = None


class AlertChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be other; null leaves it. `version` is the one that was read."""

    version: Version
    name: AlertName | None = None
    window: Length = None
    direction: Way | None = None
    threshold: Threshold | None = None
    hysteresis: Hysteresis | None = None
    cooldown_s: Cooldown | None = None
    min_posts: MinPosts | None = None
    min_confidence: MinConfidence | None = None
    url: Place | None = None


class AlertItem(Struct, frozen=True, kw_only=True):
    """An alert."""

    id: UUID
    name: str
    symbol: str
    measure: Measure
    window: Window | None
    direction: Direction
    threshold: Digits
    hysteresis: Digits
    cooldown_s: int
    min_posts: int
    min_confidence: Confidence
    channel: Channel
    url: str | None
    side: Annotated[
        Side | None, Meta(description="Where the value stood when it was last looked at; null: not known yet.")
    ]
    fired_at: Annotated[datetime | None, Meta(description="When it last fired.")]
    paused_at: Annotated[datetime | None, Meta(description="Null: it is looked at every minute.")]
    pause_reason: Annotated[str, Meta(description="Empty where you paused it yourself.")]
    previous_secret_until: Annotated[
        datetime | None, Meta(description="Until when the secret before this one signs as well.")
    ]
    version: Version
    created_at: datetime
    updated_at: datetime


class AlertMade(AlertItem, frozen=True, kw_only=True):
    """A new alert, with what is shown this once."""

    secret: Annotated[
        str | None, Meta(description="With which a webhook is verified. It is not to be had again. Null for mail.")
    ]


class AlertList(Struct, frozen=True):
    """Alerts, the oldest first."""

    items: list[AlertItem]
    next: None = None


class SecretMade(Struct, frozen=True, kw_only=True):
    """A new secret, which is shown this once."""

    secret: str
    previous_secret_until: Annotated[
        datetime, Meta(description="Until then every webhook carries a signature by each of the two.")
    ]


class DeliveryItem(Struct, frozen=True, kw_only=True):
    """What became of telling it."""

    id: Annotated[UUID, Meta(description="The `id` of the webhook, in every try.")]
    state: Annotated[
        State,
        Meta(description="`failed`: given up; `dropped`: not tried any more, because the alert was paused or there is "
             "no verified address."),
    ]  # fmt: skip
    tries: int
    status: Annotated[int | None, Meta(description="What the receiver last answered; null: nothing.")]
    reason: Annotated[str, Meta(description="Why it failed last; empty: it did not.")]
    next_try_at: datetime | None
    finished_at: datetime | None


class FiringItem(Struct, frozen=True, kw_only=True):
    """A firing, with the rule as it was then."""

    id: UUID
    fired_at: datetime
    side: Side
    measure: Measure
    window: Window | None
    direction: Direction
    threshold: Annotated[str, Meta(description="As it was after any split.", examples=["80000"])]
    value: Digits
    posts: Annotated[int | None, Meta(description="Posts that the value rests on; null for prices.")]
    confidence: Confidence | None
    quiet: Annotated[int, Meta(description="Crossings before it that the cool-down kept quiet.")]
    delivery: DeliveryItem


class FiringPage(Struct, frozen=True, kw_only=True):
    """Firings, the latest first; `next` is the `cursor` of the following page."""

    items: list[FiringItem]
    next: str | None


class TestResult(Struct, frozen=True, kw_only=True):
    """What came of a test."""

    __test__ = False

    id: Annotated[UUID, Meta(description="The `id` of the webhook.")]
    outcome: Annotated[
        Literal["delivered", "later", "failed", "dropped"],
        Meta(description="`later`: others of yours are under way, and it follows within minutes."),
    ]
    status: Annotated[int | None, Meta(description="What the receiver answered; null: nothing.")]
    reason: Annotated[str, Meta(description="Empty where all went well.")]
