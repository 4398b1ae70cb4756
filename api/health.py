"""For probes and Prometheus: is the process alive, can it answer, what does it measure. It does not know what it
serves.
"""

import asyncio
from time import perf_counter
from typing import Annotated, Literal

from litestar import Controller, Response, get
from litestar.openapi import ResponseSpec
from msgspec import Meta, Struct

from api.deps import NamedDependency
from api.measured import SourceMetrics
from lib.db.health import missing_migrations
from lib.db.pool import Pool
from lib.errors import InsiteChartError
from lib.metrics import CONTENT_TYPE, exposition

PATIENCE_S = 2.0
_NO_STORE = {"Cache-Control": "no-store"}


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Part(Struct, frozen=True):
    """One part that answers depend on: `ok`, or `unavailable` with what is wrong."""

    state: Literal["ok", "unavailable"]
    detail: str | None = None
    ms: Annotated[float | None, Meta(description="How long it took to find out.")] = None


class Readiness(Struct, frozen=True):
    """`ok` when every part is."""

    status: Literal["ok", "unavailable"]
    parts: dict[str, Part]


_NOT_READY = {503: ResponseSpec(Readiness, generate_examples=False, description="The state of each part.")}


class HealthController(Controller):
    """Liveness, readiness, metrics."""

    tags = ("health",)

    @get("/health/live", operation_id="getLiveness", summary="Is the process alive?")
    async def live(self) -> Alive:
        """200 as long as the process answers at all; it asks nothing of anyone."""
        return Alive()

    @get("/health/ready", operation_id="getReadiness", summary="Can it answer?", responses=_NOT_READY)
    async def ready(self, pool: NamedDependency[Pool]) -> Response[Readiness]:
        """200 when PostgreSQL answers and has this version's schema; 503 with the state of each part otherwise."""
        return await _readiness(pool)

    @get("/health", operation_id="getHealth", summary="Can it answer?", responses=_NOT_READY)
    async def health(self, pool: NamedDependency[Pool]) -> Response[Readiness]:
        """The same as /health/ready."""
        return await _readiness(pool)

    @get("/metrics", operation_id="getMetrics", summary="Metrics for Prometheus", media_type=CONTENT_TYPE)
    async def metrics(self, measured: NamedDependency[SourceMetrics]) -> Response[str]:
        """Requests, durations, connections, the process itself and how the sources stand, in Prometheus' text format.

        What is read from the database is at most 15 seconds old; it is left out while the database is away.
        """
        text = exposition(*await measured.snapshots()).decode()
        return Response(text, media_type=CONTENT_TYPE, headers=_NO_STORE)


async def _readiness(pool: Pool) -> Response[Readiness]:
    database = await _database(pool)
    return Response(
        Readiness(database.state, {"database": database}),
        status_code=200 if database.state == "ok" else 503,
        headers=_NO_STORE,
    )


async def _database(pool: Pool) -> Part:
    begun = perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_S):
            missing = await missing_migrations(pool)
    except TimeoutError:
        return Part("unavailable", f"PostgreSQL did not answer within {PATIENCE_S:g} s.")
    except InsiteChartError as error:
        return Part("unavailable", str(error))
    if missing:
        return Part("unavailable", f"The schema is too old: {', '.join(missing)} missing. Run `insitechart migrate`.")
    return Part("ok", ms=round((perf_counter() - begun) * 1000, 2))
