"""What handlers are handed: the pool, the catalogue, the settings, who asks, the moment of an as-of read. It does not
open any of it.

Pool, settings and moment ask for each other in this order, needed or not: Litestar resolves what does not depend on
each other in a task of its own, and a task costs more than all three. They look at the application's state through the
request, for a `state` is copied for each who asks for it.
"""

from datetime import datetime
from ipaddress import ip_address
from typing import Any, NamedTuple

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from api.auth.guards import PRINCIPAL, known
from api.catalogue import Catalogue
from api.checks import Checks
from api.live.feed import Feed
from api.measured import SourceMetrics
from api.parameters import AsOf, parse_moment
from lib.accounts.service import Accounts
from lib.alerts.service import Alerts
from lib.db.moments import SettledMoments
from lib.db.pool import Pool
from lib.domain.users import Origin, Principal
from lib.settings import Settings


class Moment(NamedTuple):
    """`at` is the moment asked about in UTC, None for now; `text` is how answers write it (RFC 3339)."""

    at: datetime | None
    text: str | None


NOW = Moment(None, None)
# what does not depend on the request
AT_HAND = ("pool", "settings", "catalogue")


def at_hand(name: str, state: State, settings: Settings) -> Any:
    """What a handler is given for a name of AT_HAND, once the application with this `state` runs."""
    return settings if name == "settings" else state[name]


def provide_pool(request: Request[Any, Any, Any]) -> Pool:
    """The pool that lifespan opened."""
    pool: Pool = request.app.state.pool
    return pool


def provide_catalogue(request: Request[Any, Any, Any]) -> Catalogue:
    """The listings in memory."""
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


def provide_measured(state: State) -> SourceMetrics | None:
    """The metrics of sources; None where this process does not serve operations."""
    measured: SourceMetrics | None = state.measured
    return measured


def provide_live(state: State) -> Feed:
    """What changes, for those who listen."""
    feed: Feed = state.feed
    return feed


def provide_checks(state: State) -> Checks:
    """What readiness looks at."""
    checks: Checks = state.checks
    return checks


def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """Who asks. Raises Unauthorized where nobody has said; a route that takes it also has a guard."""
    return known(request.scope)


def provide_accounts(state: State) -> Accounts:
    """What everything about accounts works with."""
    accounts: Accounts = state.accounts
    return accounts


def provide_alerts(state: State) -> Alerts:
    """What everything about alerts works with."""
    alerts: Alerts = state.alerts
    return alerts


def provide_origin(request: Request[Any, Any, Any]) -> Origin:
    """Where the request came from, for the audit: whose it is, from which address, under which id."""
    principal: Principal | None = request.scope["state"].get(PRINCIPAL)
    return Origin(
        "nobody" if principal is None else "user" if principal.via == "token" else "api-key",
        principal.user_id if principal else None,
        _address(request),
        str(request.scope["state"].get("request_id", "")),
        "".join(sign for sign in request.headers.get("user-agent", "")[:200] if sign.isprintable()),
    )


async def provide_moment(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], as_of: AsOf = None
) -> Moment:
    """The moment of `as_of`, settled. Raises BadParameter for what is no moment, NotSettled for one that is not
    final.
    """
    if as_of is None:
        return NOW
    at = parse_moment("as_of", as_of)
    moments: SettledMoments = request.app.state.moments
    await moments.wait_for(request.app.state.pool, at)
    return Moment(at, at.isoformat().replace("+00:00", "Z"))


def dependencies(settings: Settings) -> dict[str, Provide]:
    """Every dependency by the name under which handlers ask for it."""

    def provide_settings(pool: NamedDependency[Pool]) -> Settings:
        return settings

    return {
        "settings": Provide(provide_settings, sync_to_thread=False),
        "pool": Provide(provide_pool, sync_to_thread=False),
        "catalogue": Provide(provide_catalogue, sync_to_thread=False),
        "measured": Provide(provide_measured, sync_to_thread=False),
        "live": Provide(provide_live, sync_to_thread=False),
        "checks": Provide(provide_checks, sync_to_thread=False),
        "moment": Provide(provide_moment),
        "principal": Provide(provide_principal, sync_to_thread=False),
        "accounts": Provide(provide_accounts, sync_to_thread=False),
        "alerts": Provide(provide_alerts, sync_to_thread=False),
        "origin": Provide(provide_origin, sync_to_thread=False),
    }


def _address(request: Request[Any, Any, Any]) -> str | None:
    try:
        return str(ip_address(request.client.host)) if request.client else None
    except ValueError:
        # a socket in the file system has no address
        return None


__all__ = ["Moment", "NamedDependency", "dependencies"]
