"""The API dies, or a version that never becomes ready is rolled out: it is started again, or rolled back, and whatever
was acknowledged is still there. It does not know how the API is run elsewhere.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from lib.db.databases import create_database
from lib.db.health import missing_migrations
from lib.db.pool import open_pool
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.recovery.apis import Api, api_environment
from lib.recovery.ground import Ground
from lib.recovery.losses import Loss, count_loss
from lib.recovery.stage import Stage
from lib.recovery.visitor import Person, Visitor, changing, make_person

KILLED = "API process killed (SIGKILL) while it was used"
ROLLED_OUT = "a version that never becomes ready rolled out while the API was used"

PER_SECOND = 20.0
_READY_S = 180.0
_EMPTY = "drill_wrong_version"


async def rehearse_kill(stage: Stage, server: PostgresServer, ground: Ground, api: Api, visitor: Visitor) -> Loss:
    """Kills the API, which its supervisor starts again. What was lost."""
    async with changing(visitor, PER_SECOND):
        await visitor.further(20, seconds=30)
        api.ended.clear()
        stage.strike()
        await ground.kill(api.pid)
        await stage.step("detect", "the supervisor notices that it ended", 1.0, lambda: _within(api.ended.wait(), 10))
        await stage.step("assess", "its database answers", 5.0, lambda: _usable(server))
        await stage.step("recover", "it is started again, and ready", 30.0, lambda: api.ready(_READY_S))
        stage.serve()
        await visitor.further(10, seconds=30)
    return await _verified(stage, visitor)


async def rehearse_rollout(
    stage: Stage, server: PostgresServer, ground: Ground, api: Api, visitor: Visitor, home: Path, *, patience_s: float
) -> Loss:
    """Rolls out a version whose database has another schema, so that it never becomes ready, and rolls it back."""
    await create_database(server.url("postgres"), _EMPTY)
    good, wrong = api_environment(ground, server.url(), home), api_environment(ground, server.url(_EMPTY), home)
    async with changing(visitor, PER_SECOND):
        await visitor.further(20, seconds=30)
        stage.strike()
        await api.replace(wrong)
        await stage.step(
            "detect", "it does not become ready", patience_s + 3, lambda: _never_ready(api, patience_s), str
        )
        await stage.step("assess", "the database is as the version before wants it", 5.0, lambda: _usable(server))
        await stage.step("recover", "roll back", 5.0, lambda: api.replace(good))
        await stage.step("recover", "the version before is ready", 30.0, lambda: api.ready(_READY_S))
        stage.serve()
        await visitor.further(10, seconds=30)
    return await _verified(stage, visitor)


async def open_api(stage: Stage, ground: Ground, server: PostgresServer, name: str) -> tuple[Api, Person, Path]:
    """An API on `server` with a home folder of its own, and somebody who has an account there. It is not started."""
    home = ground.place(f"{name}-home")
    home.mkdir(mode=0o700)
    person = await stage.prepare("make an account", 30.0, lambda: make_person(server.url(), home))
    return Api(ground, name, api_environment(ground, server.url(), home)), person, home


async def _verified(stage: Stage, visitor: Visitor) -> Loss:
    found = await stage.step("verify", "what was acknowledged is there", 10.0, visitor.last_found, str)
    loss = count_loss(visitor.acknowledged, range(found + 1))
    stage.check("no acknowledged change is lost", loss.rows == 0, f"{loss.rows} of {loss.acknowledged} lost")
    stage.check("nobody was logged out", await visitor.is_known(), "the token of before still holds")
    return loss


async def _never_ready(api: Api, patience_s: float) -> str:
    with suppress(DrillRefused):
        await api.ready(patience_s)
        raise AssertionError("the wrong version became ready, so nothing is rehearsed")
    return f"not ready within {patience_s:g} s"


async def _usable(server: PostgresServer) -> None:
    async with open_pool(server.url(), application="insitechart-drill", max_size=1) as pool:
        missing = await missing_migrations(pool)
    if missing:
        raise DrillRefused(f"The drill's database lacks {', '.join(missing)}.")


async def _within(waiting: Awaitable[object], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await waiting
