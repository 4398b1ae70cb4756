"""Opens what the application needs while it runs, and closes it at the end. It does not know who uses it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar

from api.catalogue import Catalogue
from api.measured import source_metrics
from lib.db.moments import SettledMoments
from lib.db.pool import open_pool
from lib.live.tailer import open_tailer
from lib.metrics import watch_pool
from lib.platform import database_url
from lib.settings import Settings

POOL_SIZE = 8
STATEMENT_TIMEOUT_S = 10


def lifespan(settings: Settings) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
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
            open_tailer(database_url(settings)) as tailer,
        ):
            app.state.pool = pool
            app.state.catalogue = Catalogue(pool)
            app.state.moments = SettledMoments()
            app.state.measured = measured
            app.state.versions = tailer.versions
            watch_pool(pool.get_size, pool.get_idle_size)
            yield

    return running
