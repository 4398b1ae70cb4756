"""Routes under /users/me/alerts: rules on symbols, and what they fired. It does not know how one is judged or sent."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.params import JSONBody, PathParameter, QueryParameter

from api.auth.guards import needs
from api.cursors import read_cursor, write_cursor
from api.deps import NamedDependency
from api.openapi import not_there, problems
from api.parameters import Cursor
from api.users.alerts_schemas import (
    AlertChange,
    AlertItem,
    AlertList,
    AlertMade,
    AlertWanted,
    DeliveryItem,
    FiringItem,
    FiringPage,
    SecretMade,
    TestResult,
)
from api.walls.bodies import FORM_BYTES
from lib.alerts import managing
from lib.alerts.managing import Wanted
from lib.alerts.service import Alerts
from lib.db.alerts.alerts import Alert, alerts_of
from lib.db.alerts.history import Fired
from lib.domain.alerts import digits
from lib.domain.users import Origin, Principal

AlertId = Annotated[UUID, PathParameter(description="The alert's id.")]

_NEEDS = needs("user", "alerts")
_NO_ALERT = not_there("alert", "/api/v1/users/me/alerts/00000000-0000-0000-0000-000000000001")


class AlertController(Controller):
    """The alerts of who asks."""

    path = "/users/me/alerts"
    tags = ("users",)
    request_max_body_size = FORM_BYTES
    guards = (_NEEDS,)
    response_headers = (ResponseHeader(name="Cache-Control", value="no-store"),)

    @get("/", operation_id="getAlerts", summary="Your alerts", responses=problems(400, 503))
    async def alerts(self, alerts: NamedDependency[Alerts], principal: NamedDependency[Principal]) -> AlertList:
        """All of them, each with where its value stands."""
        return AlertList([AlertItem(**_told(alert)) for alert in await alerts_of(alerts.pool, principal.user_id)])

    @post("/", operation_id="makeAlert", summary="Make an alert", responses=problems(400, 409, 413, 503))
    async def make(
        self,
        data: JSONBody[AlertWanted],
        alerts: NamedDependency[Alerts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> AlertMade:
        """At most 100 are kept. It fires when the value changes sides; the first look only learns where it stands.
        `secret` is shown this once.
        """
        made, secret = await managing.make_alert(
            alerts,
            principal.user_id,
            data.symbol,
            data.measure,
            data.direction,
            Decimal(data.threshold),
            data.channel,
            _wanted(data),
            origin,
        )
        return AlertMade(**_told(made), secret=secret)

    @get("/{alert_id:uuid}", operation_id="getAlert", summary="One of your alerts",
         responses=problems(400, 503) | _NO_ALERT)  # fmt: skip
    async def alert(
        self, alert_id: AlertId, alerts: NamedDependency[Alerts], principal: NamedDependency[Principal]
    ) -> AlertItem:
        """With where its value stands."""
        return AlertItem(**_told(await managing.get_alert(alerts, principal.user_id, alert_id)))

    @patch("/{alert_id:uuid}", operation_id="changeAlert", summary="Change an alert",
           responses=problems(400, 409, 413, 503) | _NO_ALERT)  # fmt: skip
    async def change(
        self,
        alert_id: AlertId,
        data: JSONBody[AlertChange],
        alerts: NamedDependency[Alerts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> AlertItem:
        """With another rule it learns anew where the value stands. 409 where `version` is not the present one."""
        return AlertItem(
            **_told(await managing.edit_alert(alerts, principal.user_id, alert_id, data.version, _wanted(data), origin))
        )

    @delete("/{alert_id:uuid}", operation_id="deleteAlert", summary="Delete an alert",
            responses=problems(400, 503) | _NO_ALERT)  # fmt: skip
    async def drop(
        self,
        alert_id: AlertId,
        alerts: NamedDependency[Alerts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> None:
        """With its history; what was not delivered yet is not any more."""
        await managing.drop_alert(alerts, principal.user_id, alert_id, origin)

    @get("/{alert_id:uuid}/history", operation_id="getAlertHistory", summary="What an alert fired",
         responses=problems(400, 503) | _NO_ALERT)  # fmt: skip
    async def history(
        self,
        alert_id: AlertId,
        alerts: NamedDependency[Alerts],
        principal: NamedDependency[Principal],
        limit: Annotated[int, QueryParameter(description="At most this many.", ge=1, le=200)] = 50,
        cursor: Cursor = None,
    ) -> FiringPage:
        """Each firing with what became of its delivery."""
        before = read_cursor(cursor, tuple[datetime, UUID]) if cursor else None
        page = await managing.history(alerts, principal.user_id, alert_id, limit=limit, before=before)
        last = page.firings[-1] if page.more else None
        return FiringPage(
            items=[_firing(fired) for fired in page.firings],
            next=write_cursor((last.fired_at, last.id)) if last else None,
        )

    @post("/{alert_id:uuid}/pause", operation_id="pauseAlert", summary="Pause an alert", status_code=200,
          responses=problems(400, 503) | _NO_ALERT)  # fmt: skip
    async def pause(
        self, alert_id: AlertId, alerts: NamedDependency[Alerts], principal: NamedDependency[Principal]
    ) -> AlertItem:
        """It is not looked at any more. What fired before is still delivered."""
        return AlertItem(**_told(await managing.pause(alerts, principal.user_id, alert_id)))

    @post("/{alert_id:uuid}/resume", operation_id="resumeAlert", summary="Resume an alert", status_code=200,
          responses=problems(400, 503) | _NO_ALERT)  # fmt: skip
    async def resume(
        self, alert_id: AlertId, alerts: NamedDependency[Alerts], principal: NamedDependency[Principal]
    ) -> AlertItem:
        """It learns anew where its value stands, and then fires again."""
        return AlertItem(**_told(await managing.resume(alerts, principal.user_id, alert_id)))

    @post("/{alert_id:uuid}/test", operation_id="testAlert", summary="Try an alert's delivery", status_code=200,
          responses=problems(400, 429, 503) | _NO_ALERT)  # fmt: skip
    async def test(
        self, alert_id: AlertId, alerts: NamedDependency[Alerts], principal: NamedDependency[Principal]
    ) -> TestResult:
        """Sends a webhook of the type `alert.test`, once, or a mail. At most ten an hour."""
        delivery_id, tried = await managing.test(alerts, principal.user_id, alert_id)
        return TestResult(id=delivery_id, outcome=tried.outcome, status=tried.status, reason=tried.reason)

    @post("/{alert_id:uuid}/secret", operation_id="rotateAlertSecret", summary="Get another secret", status_code=200,
          responses=problems(400, 409, 503) | _NO_ALERT)  # fmt: skip
    async def rotate(
        self,
        alert_id: AlertId,
        alerts: NamedDependency[Alerts],
        principal: NamedDependency[Principal],
        origin: NamedDependency[Origin],
    ) -> SecretMade:
        """`secret` is shown this once. For a day every webhook is signed with the one before it, too."""
        rotated = await managing.rotate(alerts, principal.user_id, alert_id, origin)
        return SecretMade(secret=rotated.secret, previous_secret_until=rotated.previous_until)


def _wanted(data: AlertWanted | AlertChange) -> Wanted:
    return Wanted(
        name=data.name,
        window=data.window,
        direction=data.direction,
        threshold=None if data.threshold is None else Decimal(data.threshold),
        hysteresis=None if data.hysteresis is None else Decimal(data.hysteresis),
        cooldown=None if data.cooldown_s is None else timedelta(seconds=data.cooldown_s),
        min_posts=data.min_posts,
        min_confidence=data.min_confidence,
        url=data.url,
    )


def _told(alert: Alert) -> dict[str, Any]:
    told = alert._asdict()
    del told["cooldown"], told["previous_until"]
    return told | {
        "threshold": digits(alert.threshold),
        "hysteresis": digits(alert.hysteresis),
        "cooldown_s": int(alert.cooldown.total_seconds()),
        "previous_secret_until": alert.previous_until,
    }


def _firing(fired: Fired) -> FiringItem:
    return FiringItem(
        id=fired.id,
        fired_at=fired.fired_at,
        side=fired.side,
        measure=fired.measure,
        window=fired.window,
        direction=fired.direction,
        threshold=digits(fired.threshold),
        value=digits(fired.value),
        posts=fired.posts,
        confidence=fired.confidence,
        quiet=fired.quiet,
        delivery=DeliveryItem(
            id=fired.delivery_id,
            state=fired.state,
            tries=fired.tries,
            status=fired.status,
            reason=fired.reason,
            next_try_at=fired.next_try_at,
            finished_at=fired.finished_at,
        ),
    )
