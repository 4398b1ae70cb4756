"""What a person does with alerts: makes, changes, pauses, tests and deletes them. It does not know HTTP.

Every function takes the person's id, and what belongs to somebody else is not there.
"""

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid4

from msgspec import Struct

from lib.alerts.deliver import Tried
from lib.alerts.secrets import secret_of
from lib.alerts.service import Alerts
from lib.db.alerts.alerts import (
    Alert,
    add_alert,
    alert_of,
    change_alert,
    may_be_mailed,
    pause_alert,
    remove_alert,
    resume_alert,
    rotate_secret,
)
from lib.db.alerts.deliveries import Secret
from lib.db.alerts.history import FiredPage, add_test, firings_of
from lib.domain.alert_limits import (
    DEFAULT_CONFIDENCE,
    DEFAULT_COOLDOWN,
    DEFAULT_POSTS,
    LONGEST_NAME,
    Channel,
    UnusableRule,
    check_rule,
    usual_hysteresis,
)
from lib.domain.alerts import OF_SENTIMENT, Direction, Measure, Rule, Window
from lib.domain.confidence import Confidence
from lib.domain.symbols import parse_symbol
from lib.domain.users import Origin
from lib.errors import BadField, Conflict, NotThere, TargetRefused
from lib.webhooks.targets import read_target

OVERLAP = timedelta(hours=24)
_DEFAULT_WINDOW: Window = "24h"


class Wanted(Struct, frozen=True, kw_only=True):
    """What an alert is to be. None: what is usual, or, of a change, as it was."""

    name: str | None = None
    window: Window | None = None
    direction: Direction | None = None
    threshold: Decimal | None = None
    hysteresis: Decimal | None = None
    cooldown: timedelta | None = None
    min_posts: int | None = None
    min_confidence: Confidence | None = None
    url: str | None = None


class Rotation(NamedTuple):
    """A new secret, and until when (UTC) the one before it signs as well."""

    secret: str
    previous_until: datetime


async def get_alert(on: Alerts, user_id: UUID, alert_id: UUID) -> Alert:
    """One of the person's alerts. Raises NotThere."""
    found = await alert_of(on.pool, user_id, alert_id)
    if found is None:
        raise _not_there()
    return found


async def make_alert(
    on: Alerts,
    user_id: UUID,
    symbol: str,
    measure: Measure,
    direction: Direction,
    threshold: Decimal,
    channel: Channel,
    wanted: Wanted,
    origin: Origin,
) -> tuple[Alert, str | None]:
    """A new alert, and the secret of its webhook, which is not to be had again. Raises BadField for what cannot be
    used, Conflict for one too many, or where mails are wanted to an address that is not proved.
    """
    of_posts = measure in OF_SENTIMENT
    rule = Rule(
        measure=measure,
        direction=direction,
        threshold=threshold,
        hysteresis=usual_hysteresis(measure) if wanted.hysteresis is None else wanted.hysteresis,
        cooldown=DEFAULT_COOLDOWN if wanted.cooldown is None else wanted.cooldown,
        window=wanted.window or (None if measure == "price" else _DEFAULT_WINDOW),
        min_posts=(DEFAULT_POSTS if of_posts else 0) if wanted.min_posts is None else wanted.min_posts,
        min_confidence=wanted.min_confidence or (DEFAULT_CONFIDENCE if of_posts else "none"),
    )
    _check(rule, channel)
    name, url = _name(wanted.name or ""), _url(on, channel, wanted.url)
    if channel == "email" and not await may_be_mailed(on.pool, user_id):
        raise Conflict("Your mail address is not verified.", hint="Follow the link that was mailed to it.")
    alert_id = uuid4()
    first = Secret(on.keyring.signing.id, 1) if channel == "webhook" else None
    key_id = first.key_id if first else None
    if not await add_alert(
        on.pool, user_id, alert_id, _symbol(symbol), name, rule, channel, origin=origin, url=url, secret_key=key_id
    ):
        raise BadField("symbol", f"No stock has the symbol {symbol[:40]!r}.", accepted="a symbol of GET /api/v1/stocks")
    secret = secret_of(on.keyring, alert_id, first) if first else None
    return await get_alert(on, user_id, alert_id), secret


async def edit_alert(on: Alerts, user_id: UUID, alert_id: UUID, version: int, wanted: Wanted, origin: Origin) -> Alert:
    """Changes what is wanted of the alert that was read with `version`. Where the rule changes, its side is learned
    anew. Raises NotThere, BadField, and Conflict where it was changed meanwhile.
    """
    before = await get_alert(on, user_id, alert_id)
    if before.version != version:
        raise _changed_meanwhile()
    rule = Rule(
        measure=before.measure,
        direction=wanted.direction or before.direction,
        threshold=before.threshold if wanted.threshold is None else wanted.threshold,
        hysteresis=before.hysteresis if wanted.hysteresis is None else wanted.hysteresis,
        cooldown=before.cooldown if wanted.cooldown is None else wanted.cooldown,
        window=wanted.window or before.window,
        min_posts=before.min_posts if wanted.min_posts is None else wanted.min_posts,
        min_confidence=wanted.min_confidence or before.min_confidence,
    )
    _check(rule, before.channel)
    name = before.name if wanted.name is None else _name(wanted.name)
    url = before.url if wanted.url is None else _url(on, before.channel, wanted.url)
    if not await change_alert(
        on.pool, user_id, before, name, rule, url, said_anew=wanted.threshold is not None, origin=origin
    ):
        raise _changed_meanwhile()
    return await get_alert(on, user_id, alert_id)


async def drop_alert(on: Alerts, user_id: UUID, alert_id: UUID, origin: Origin) -> None:
    """Deletes an alert with its history. Raises NotThere."""
    if not await remove_alert(on.pool, user_id, alert_id, origin):
        raise _not_there()


async def pause(on: Alerts, user_id: UUID, alert_id: UUID) -> Alert:
    """It is not looked at any more. One that is paused stays so. Raises NotThere."""
    await pause_alert(on.pool, user_id, alert_id)
    return await get_alert(on, user_id, alert_id)


async def resume(on: Alerts, user_id: UUID, alert_id: UUID) -> Alert:
    """It is looked at again, and learns its side anew. One that is not paused stays as it is. Raises NotThere."""
    await resume_alert(on.pool, user_id, alert_id)
    return await get_alert(on, user_id, alert_id)


async def rotate(on: Alerts, user_id: UUID, alert_id: UUID, origin: Origin) -> Rotation:
    """A new secret, which is not to be had again. Raises NotThere, and Conflict for an alert by mail."""
    alert = await get_alert(on, user_id, alert_id)
    if alert.channel != "webhook":
        raise Conflict("An alert by mail has no secret.", hint="Only webhooks are signed.")
    rotated = await rotate_secret(on.pool, user_id, alert_id, on.keyring.signing.id, OVERLAP, origin)
    secret = secret_of(on.keyring, alert_id, rotated.secret) if rotated else None
    if rotated is None or secret is None:
        raise _not_there()
    return Rotation(secret, rotated.previous_until)


async def test(on: Alerts, user_id: UUID, alert_id: UUID) -> tuple[UUID, Tried]:
    """Delivers a test at once: the id of the delivery, and what came of it. Raises NotThere, Throttled."""
    delivery_id = await add_test(on.pool, user_id, alert_id, datetime.now(UTC))
    if delivery_id is None:
        raise _not_there()
    return delivery_id, await on.courier.deliver_now(delivery_id)


async def history(
    on: Alerts, user_id: UUID, alert_id: UUID, *, limit: int, before: tuple[datetime, UUID] | None
) -> FiredPage:
    """What an alert fired, the latest first. Raises NotThere."""
    await get_alert(on, user_id, alert_id)
    return await firings_of(on.pool, user_id, alert_id, limit=limit, before=before)


def _check(rule: Rule, channel: Channel) -> None:
    try:
        check_rule(rule, channel)
    except UnusableRule as error:
        raise BadField(error.field, str(error), accepted=error.accepted) from None


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadField("name", "The name cannot be used.", accepted=f"at most {LONGEST_NAME} characters of one line")
    return name


def _symbol(text: str) -> str:
    try:
        return parse_symbol(text)
    except ValueError as error:
        raise BadField("symbol", f"{error}.", accepted="a symbol of GET /api/v1/stocks") from None


def _url(on: Alerts, channel: Channel, url: str | None) -> str | None:
    if channel == "email":
        if url is not None:
            raise BadField("url", "An alert by mail has no address of its own.", accepted="no url with email")
        return None
    if url is None:
        raise BadField("url", "A webhook needs an address.", accepted="an address that begins with https://")
    try:
        return read_target(url, on.wall).url
    except TargetRefused as error:
        raise BadField("url", str(error), accepted="an address such as https://hooks.example.com/stocks") from None


def _not_there() -> NotThere:
    return NotThere("There is no such alert.", hint="See them: GET /api/v1/users/me/alerts")


def _changed_meanwhile() -> Conflict:
    return Conflict("The alert was changed meanwhile.", hint="Read it again, and change what you find.")
