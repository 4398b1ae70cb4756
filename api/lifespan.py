"""Opens what the application needs while it runs, and closes it at the end. It does not know who uses it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar

from api.catalogue import Catalogue
from api.live.feed import Feed, Limits
from api.measured import source_metrics
from lib.db.moments import SettledMoments
from lib.db.pool import Pool, open_pool
from lib.live.tailer import open_tailer
from lib.live.versions import DataVersions
from lib.metrics import watch_pool
from lib.platform import database_url
from lib.settings import Settings

POOL_SIZE = 8
STATEMENT_TIMEOUT_S = 10


def lifespan(settings: Settings, versions: DataVersions) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
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
            open_feed(pool, settings, versions) as feed,
        ):
            app.state.pool = pool
            app.state.catalogue = Catalogue(pool)
            app.state.moments = SettledMoments()
            app.state.measured = measured
            app.state.feed = feed
            watch_pool(pool.get_size, pool.get_idle_size)
            yield

    return running


@asynccontextmanager
async def open_feed(pool: Pool, settings: Settings, versions: DataVersions) -> AsyncIterator[Feed]:
    """What changes, for those who listen; `versions` are kept by the way."""
    feed = Feed(
        pool,
        Limits(settings.stream_listeners, settings.stream_listeners_per_address, settings.stream_heartbeat_seconds),
    )
    async with open_tailer(database_url(settings), feed, versions=versions), feed.beating():
        yield feed
