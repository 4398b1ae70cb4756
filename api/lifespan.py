"""Opens what the application needs while it runs, and closes it at the end. It does not know who uses it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from litestar import Litestar

from api.catalogue import Catalogue
from api.checks import Checks, changes_check, database_check, keys_check, redis_check
from api.live.feed import Feed, Limits
from api.measured import source_metrics
from api.services import keeps_accounts, needs_listings, needs_measures
from api.tables import AT_ONCE
from lib.accounts.service import open_accounts
from lib.alerts.service import open_alerts
from lib.cache.versions import Versions
from lib.db.moments import SettledMoments
from lib.db.pool import open_pool
from lib.live.tailer import open_tailer
from lib.live.versions import DataVersions
from lib.metrics import watch_pool
from lib.platform import database_url
from lib.production import require_safe
from lib.settings import Settings
from lib.tracing import finish_tracing

POOL_SIZE = 8
STATEMENT_TIMEOUT_S = 10


def lifespan(
    settings: Settings, versions: Versions, heard: DataVersions
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Puts the pool, the catalogue and the settings into the application's state. Raises DatabaseUnavailable at the
    start, and in production ConfigurationError for settings that are not safe there. `heard` are kept up to date.
    """

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        require_safe(settings)
        async with AsyncExitStack() as stack:
            # here, for the server ends itself by the signal that it was sent
            stack.push_async_callback(asyncio.to_thread, finish_tracing)
            pool = await stack.enter_async_context(
                open_pool(
                    database_url(settings),
                    application="insitechart-api",
                    max_size=POOL_SIZE,
                    statement_timeout_s=STATEMENT_TIMEOUT_S,
                    slow_statement_s=settings.log_slow_ms / 1000,
                    stateless=True,
                )
            )
            checks = Checks()
            checks.add("database", database_check(pool))
            app.state.pool, app.state.checks = pool, checks
            app.state.moments = SettledMoments()
            app.state.accounts = await stack.enter_async_context(
                open_accounts(pool, settings, keeps=keeps_accounts(settings.services))
            )
            checks.add("keys", keys_check(app.state.accounts.keyring))
            if keeps_accounts(settings.services):
                app.state.alerts = open_alerts(pool, settings, app.state.accounts.keyring)
            if needs_listings(settings.services):
                app.state.catalogue = Catalogue(pool, versions)
                await stack.enter_async_context(_heard(app, settings, heard))
            app.state.measured = None
            if needs_measures(settings.services):
                app.state.measured = await stack.enter_async_context(source_metrics(pool, settings))
            if settings.redis_url is not None:
                await stack.enter_async_context(_shared(app, settings, settings.redis_url.get_secret_value()))
            app.state.streaming = asyncio.Semaphore(AT_ONCE)
            watch_pool(pool.get_size, pool.get_idle_size, pool.get_max_size)
            yield

    return running


@asynccontextmanager
async def _shared(app: Litestar, settings: Settings, redis_url: str) -> AsyncIterator[None]:
    """What this process shares with others through Redis: limits, and answers where code and settings are the same."""
    from lib.cache.redis import open_redis  # who has none does not pay for the import
    from lib.cache.shared_answers import SharedAnswers
    from lib.cache.shared_limits import SharedLimits

    async with open_redis(redis_url, application="insitechart-api") as link:
        answers = SharedAnswers(link, edition=f"{version('insitechart')} {settings.scorer}")
        app.state.shared_answers = answers
        app.state.limits = SharedLimits(link)
        app.state.checks.add("redis", redis_check(link))
        yield
        await answers.settle()


@asynccontextmanager
async def _heard(app: Litestar, settings: Settings, versions: DataVersions) -> AsyncIterator[None]:
    """What changes: `versions` are kept by it, and whoever listens to the stream is told."""
    limits = Limits(settings.stream_listeners, settings.stream_listeners_per_address, settings.stream_heartbeat_seconds)
    feed = app.state.feed = Feed(app.state.pool, limits)
    app.state.heard = versions
    app.state.checks.add("changes", changes_check(versions))
    async with open_tailer(database_url(settings), feed, versions=versions), feed.beating():
        yield
