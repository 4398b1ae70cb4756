"""Opens what the application needs while it runs, and closes it at the end. It does not know who uses it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from litestar import Litestar

from api.catalogue import Catalogue
from api.measured import source_metrics
from api.tables import AT_ONCE
from lib.cache.redis import open_redis
from lib.cache.shared_answers import SharedAnswers
from lib.cache.versions import Versions
from lib.db.moments import SettledMoments
from lib.db.pool import open_pool
from lib.metrics import watch_pool
from lib.platform import database_url
from lib.settings import Settings

POOL_SIZE = 8
STATEMENT_TIMEOUT_S = 10


def lifespan(settings: Settings, versions: Versions) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Puts the pool, the catalogue and the settings into the application's state. Raises DatabaseUnavailable at the
    start.
    """

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        async with (
            open_pool(
                database_url(settings),
                application="insitechart-api",
                max_size=POOL_SIZE,
                statement_timeout_s=STATEMENT_TIMEOUT_S,
                stateless=True,
            ) as pool,
            source_metrics(pool, settings) as measured,
            shared_answers(settings) as shared,
        ):
            app.state.pool = pool
            app.state.catalogue = Catalogue(pool, versions)
            app.state.moments = SettledMoments()
            app.state.measured = measured
            app.state.shared_answers = shared
            app.state.streaming = asyncio.Semaphore(AT_ONCE)
            watch_pool(pool.get_size, pool.get_idle_size)
            yield

    return running


@asynccontextmanager
async def shared_answers(settings: Settings) -> AsyncIterator[SharedAnswers | None]:
    """The answers that processes with the same code and settings share, or None without a Redis."""
    if settings.redis_url is None:
        yield None
        return
    async with open_redis(settings.redis_url.get_secret_value(), application="insitechart-answers") as link:
        shared = SharedAnswers(link, edition=f"{version('insitechart')} {settings.scorer}")
        yield shared
        await shared.settle()
