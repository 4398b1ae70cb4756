"""For probes and Prometheus: is the process alive, can it answer, what does it measure. It does not know what its parts
are.
"""

from typing import Annotated, Literal

from litestar import Controller, Response, get
from litestar.openapi import ResponseSpec
from msgspec import Meta, Struct

from api.checks import Checks, Part, State, worst
from api.deps import NamedDependency
from api.measured import SourceMetrics
from lib.domain.services import Service
from lib.metrics import CONTENT_TYPE, exposition
from lib.settings import Settings

_NO_STORE = {"Cache-Control": "no-store"}


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Struct, frozen=True):
    """`ok` when every part is; `degraded` while answers are right but a part is missing that they can do without."""

    status: State
    services: Annotated[list[Service], Meta(description="What this process serves.")]
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
    async def ready(self, checks: NamedDependency[Checks], settings: NamedDependency[Settings]) -> Response[Readiness]:
        """200 when PostgreSQL answers and has this version's schema, and all else that this process needs is there;
        503 with the state of each part otherwise.
        """
        return await _readiness(checks, settings)

    @get("/health", operation_id="getHealth", summary="Can it answer?", responses=_NOT_READY)
    async def health(self, checks: NamedDependency[Checks], settings: NamedDependency[Settings]) -> Response[Readiness]:
        """The same as /health/ready."""
        return await _readiness(checks, settings)

    @get("/metrics", operation_id="getMetrics", summary="Metrics for Prometheus", media_type=CONTENT_TYPE)
    async def metrics(self, measured: NamedDependency[SourceMetrics | None]) -> Response[str]:
        """Requests, durations, connections, the process itself and, where it serves operations, how the sources stand,
        in Prometheus' text format.

        What is read from the database is at most 15 seconds old; it is left out while the database is away.
        """
        snapshots = await measured.snapshots() if measured is not None else ()
        return Response(exposition(*snapshots).decode(), media_type=CONTENT_TYPE, headers=_NO_STORE)


async def _readiness(checks: Checks, settings: Settings) -> Response[Readiness]:
    parts = await checks.all()
    state = worst(parts)
    return Response(
        Readiness(state, list(settings.services), parts),
        status_code=503 if state == "unavailable" else 200,
        headers=_NO_STORE,
    )
