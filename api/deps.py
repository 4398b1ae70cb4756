"""What handlers are handed: the pool, the catalogue, the settings, the moment of an as-of read. It does not open any
of it.

Pool, settings and moment ask for each other in this order, needed or not: Litestar resolves what does not depend on
each other in a task of its own, and a task costs more than all three. They look at the application's state through the
request, for a `state` is copied for each who asks for it.
"""

from datetime import datetime
from typing import Any, NamedTuple

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from api.catalogue import Catalogue
from api.measured import SourceMetrics
from api.parameters import AsOf, parse_moment
from lib.db.moments import SettledMoments
from lib.db.pool import Pool
from lib.settings import Settings


class Moment(NamedTuple):
    """`at` is the moment asked about in UTC, None for now; `text` is how answers write it (RFC 3339)."""

    at: datetime | None
    text: str | None


def provide_pool(request: Request[Any, Any, Any]) -> Pool:
    """The pool that lifespan opened."""
    pool: Pool = request.app.state.pool
    return pool


def provide_catalogue(request: Request[Any, Any, Any]) -> Catalogue:
    """The listings in memory."""
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


def provide_measured(state: State) -> SourceMetrics:
    """The metrics of sources."""
    measured: SourceMetrics = state.measured
    return measured


async def provide_moment(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], as_of: AsOf = None
) -> Moment:
    """The moment of `as_of`, settled. Raises BadParameter for what is no moment, NotSettled for one that is not
    final.
    """
    if as_of is None:
        return Moment(None, None)
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
        "moment": Provide(provide_moment),
    }


__all__ = ["Moment", "NamedDependency", "dependencies"]
