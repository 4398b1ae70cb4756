"""Every scenario from beginning to end: a ground, what is needed on it, the disaster, the way back, the scorecards. It
does not know who wants to know.
"""

import asyncio
import platform
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from lib.backup.catalogue import installations
from lib.backup.keys import BackupKeys, read_backup_keys
from lib.backup.store.objects import Store
from lib.db.installation import installation_id
from lib.db.pool import connect
from lib.db.recovery.commits import make_commits
from lib.domain.drills import Scenario, Scorecard
from lib.errors import DatabaseError
from lib.postgres.server import PostgresServer
from lib.recovery import application, faults, infrastructure, pitr, promotion
from lib.recovery.apis import kept_running
from lib.recovery.ground import Ground, open_ground
from lib.recovery.isolation import Production, production_of
from lib.recovery.losses import Loss
from lib.recovery.readonly import ReadOnlyStore
from lib.recovery.report import report
from lib.recovery.stage import Runner, Stage, plainly
from lib.recovery.stocking import Real, Stock, stock, wanted
from lib.recovery.visitor import Visitor
from lib.settings import Settings

Name = Literal["database", "application", "infrastructure", "faults"]
NAMES: tuple[Name, ...] = get_args(Name)

_WRONG_PATIENCE_S = 10.0
_FAULTS_S = 1800.0
_START_S = 300.0


class Rehearsed(NamedTuple):
    """One disaster of a drill: its scorecard, the report, and what whoever reads it must know first."""

    card: Scorecard
    report: str
    warnings: tuple[str, ...]


class Drill(NamedTuple):
    """What a drill works with: the ground, the settings in use, and what opens the store in use (None: it has none)."""

    ground: Ground
    settings: Settings
    keys: BackupKeys
    real: Real | None
    run: Runner
    finished: Callable[[Rehearsed], None]


async def rehearse(
    name: Name,
    settings: Settings,
    store: Store,
    keys: BackupKeys,
    *,
    run: Runner = plainly,
    finished: Callable[[Rehearsed], None] = lambda _: None,
) -> list[Rehearsed]:
    """Rehearses `name` beside what is in use, and leaves nothing behind. `finished` hears of each disaster as it ends.

    `keys` seal what the drill keeps; the store in use is opened with the copy that is kept elsewhere, where there is
    one. Raises DrillRefused where something in use would be touched or nothing was measured, and whatever the way back
    raises.
    """
    production = await production_of(settings)
    found: list[Rehearsed] = []

    def keep(done: Rehearsed) -> None:
        found.append(done)
        finished(done)

    async with open_ground(settings, production) as ground:
        real = await _real(settings, production, store, keys)
        drill = Drill(ground, settings, keys, real, run, keep)
        await {"database": _database, "application": _application, "infrastructure": _site, "faults": _faults}[name](
            drill
        )
    return found


async def _database(drill: Drill) -> None:
    """Promotion first: the server that it leaves is then lost with its disk."""
    settings, stage = drill.settings, Stage(drill.run)
    server, stocked = await _server(drill, stage)
    await make_commits(server.url())
    loss, promoted = await promotion.rehearse_promotion(stage, drill.ground, server, per_second=pitr.PER_SECOND)
    _finish(drill, stage, stocked, "database", promotion.INJECTED["killed"], promotion.RTO_S, 0, loss)
    stage = Stage(drill.run)
    loss, _ = await pitr.rehearse_restore(
        stage, drill.ground, promoted, drill.keys, stocked.installation, budget_s=settings.rto_database_s
    )
    _finish(
        drill, stage, stocked, "database", pitr.INJECTED, settings.rto_database_s, settings.rpo_database_s, loss
    )  # fmt: skip


async def _application(drill: Drill) -> None:
    settings, ground, stage = drill.settings, drill.ground, Stage(drill.run)
    server, stocked = await _server(drill, stage)
    api, person, home = await application.open_api(stage, ground, server, "api")
    async with kept_running(api):
        await stage.prepare("start the API", _START_S, lambda: api.ready(_START_S))
        visitor = Visitor(api.url, person)
        await visitor.sign_in()
        try:
            targets = settings.rto_services_s, settings.rpo_services_s
            loss = await application.rehearse_kill(stage, server, ground, api, visitor)
            _finish(drill, stage, stocked, "application", application.KILLED, *targets, loss)
            stage = Stage(drill.run)
            loss = await application.rehearse_rollout(
                stage, server, ground, api, visitor, home, patience_s=_WRONG_PATIENCE_S
            )
            _finish(drill, stage, stocked, "application", application.ROLLED_OUT, *targets, loss)
        finally:
            await visitor.close()


async def _site(drill: Drill) -> None:
    settings, stage = drill.settings, Stage(drill.run)
    server, stocked = await _server(drill, stage, sample=True)
    loss = await infrastructure.rehearse_site(
        stage, drill.ground, server, stocked, settings, drill.keys,
        escrow=settings.backup_escrow_file, budget_s=settings.rto_site_s,
    )  # fmt: skip
    _finish(
        drill, stage, stocked, "infrastructure", infrastructure.INJECTED, settings.rto_site_s, settings.rpo_site_s, loss
    )


async def _faults(drill: Drill) -> None:
    stage = Stage(drill.run)
    server, stocked = await _server(drill, stage)
    await faults.rehearse_faults(stage, drill.ground, server, drill.keys, stocked.installation)
    _finish(drill, stage, stocked, "fault", faults.INJECTED, _FAULTS_S, None, None)


async def _server(drill: Drill, stage: Stage, *, sample: bool = False) -> tuple[PostgresServer, Stock]:
    kind = await wanted(drill.real, drill.settings.pg_bindir)
    server = await stage.prepare(
        "start a server",
        60.0,
        lambda: drill.ground.start_server("primary", binaries=kind.binaries, preload=kind.preload),
    )
    return server, await stock(stage, drill.ground, server, drill.real, sample=sample)


def _finish(
    drill: Drill,
    stage: Stage,
    stocked: Stock,
    scenario: Scenario,
    injected: str,
    rto_target_s: float,
    rpo_target_s: float | None,
    loss: Loss | None,
) -> None:
    place = f"{platform.node()}, {stocked.words}"
    card = stage.card(scenario, injected, place=place, rto_target_s=rto_target_s, rpo_target_s=rpo_target_s, loss=loss)
    text = report(card, staged=stage.staged, warnings=stage.warnings)
    drill.finished(Rehearsed(card, text, tuple(stage.warnings)))


async def _real(settings: Settings, production: Production, store: Store, keys: BackupKeys) -> Real | None:
    """What is opened of the store in use, with the copy of the key that is kept elsewhere, where there is one."""
    kept = await asyncio.to_thread(installations, store)
    ours = await _installation(production)
    chosen = ours or (kept[0] if len(kept) == 1 else "")
    if chosen not in kept:
        return None
    escrow = settings.backup_escrow_file
    return Real(ReadOnlyStore(store), keys if escrow is None else read_backup_keys(escrow), chosen)


async def _installation(production: Production) -> str:
    for url in production.urls:
        try:
            connection = await connect(url, application="insitechart-drill")
        except DatabaseError:
            continue
        try:
            return await installation_id(connection)
        finally:
            await connection.close()
    return ""
