"""Routes under /operations about backups and drills. It reads what was written down, and asks neither store nor server.

Operators and admins read it. Places are told, never how one gets in there.
"""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from api.auth.guards import needs
from api.cursors import read_cursor, write_cursor
from api.deps import NamedDependency
from api.openapi import problems
from api.operations.recovery_schemas import BackupPage, DrillPage, State
from api.operations.recovery_views import backup_view, drill_series, drill_view, last_good_view, log_view
from api.parameters import Cursor
from lib.db.pool import Pool
from lib.db.recovery.backups import backups_of
from lib.db.recovery.drills import drills_of
from lib.domain.backups import Kind
from lib.domain.drills import Scenario
from lib.recovery.standing import next_drill, protection
from lib.settings import Settings

Limit = Annotated[int, QueryParameter(description="At most this many.", ge=1, le=1000)]


class RecoveryController(Controller):
    """How well everything is protected, and what was rehearsed."""

    path = "/operations"
    tags = ("operations",)
    guards = (needs("operator", "operations"),)

    @get("/backups", operation_id="getBackups", summary="Backups, and what would be lost", responses=problems(400, 503))
    async def backups(
        self,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        kind: Annotated[Kind | None, QueryParameter(description="Only backups of this kind.")] = None,
        only: Annotated[State | None, QueryParameter(name="state", description="Only backups in this state.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> BackupPage:
        """The last good one of each kind, the seconds of data that losing the server now would cost, and the series."""
        after = read_cursor(cursor, tuple[datetime, str]) if cursor else None
        found = await backups_of(pool, kind=kind, states=[only] if only else None, after=after, limit=limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        standing = await protection(pool)
        return BackupPage(
            rpo_s=round(standing.loss.seconds, 3) if standing.loss else None,
            rpo_from=standing.loss.restored_from if standing.loss else None,
            rpo_target_s=settings.rpo_database_s,
            last_good=last_good_view(standing.last_good),
            log=[log_view(one) for one in standing.log],
            items=[backup_view(row) for row in found[:limit]],
            next=write_cursor((last.begun_at, last.id)) if last else None,
        )

    @get("/drills", operation_id="getDrills", summary="Drills: RTO and RPO as measured", responses=problems(400, 503))
    async def drills(
        self,
        pool: NamedDependency[Pool],
        scenario: Annotated[Scenario | None, QueryParameter(description="Only drills of this scenario.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> DrillPage:
        """What each rehearsed disaster has measured, beside its targets."""
        after = read_cursor(cursor, tuple[datetime, int]) if cursor else None
        found = await drills_of(pool, scenario=scenario, after=after, limit=limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        items = [drill_view(row) for row in found[:limit]]
        return DrillPage(
            next_due=next_drill(datetime.now(UTC)),
            series=drill_series(items),
            items=items,
            next=write_cursor((last.begun_at, last.id)) if last else None,
        )
