"""The one place where the application is put together. It does not hold any rule of its own."""

from litestar import Litestar, Router
from litestar.types import ASGIApp

from api.allowed import TrueAllow, methods_by_path
from api.auth.closed import ClosedReads
from api.auth.identify import UNPROVEN, Identify
from api.conditional import ConditionalReads
from api.deps import dependencies
from api.docs import docs_assets, front_door, openapi_document
from api.health import HealthController
from api.hot.answers import HotAnswers
from api.hot.direct import DirectReads
from api.incoming import check_request
from api.layers import LayeredLitestar
from api.lifespan import lifespan
from api.observed import Observed
from api.openapi import openapi_config
from api.page.assets import assets_router
from api.page.controller import pages
from api.problems import EXCEPTION_HANDLERS
from api.services import routes_of
from api.users.page import account_pages
from api.walls.bodies import BODY_BYTES
from api.walls.guesses import Guesses
from api.walls.limits import RateLimits
from api.walls.outer import OuterWalls
from api.walls.wiring import budgets_of, rules_of
from lib.accounts.service import Accounts
from lib.cache.limits import MemoryLimits
from lib.cache.versions import Versions
from lib.domain.users import Principal
from lib.live.versions import DataVersions
from lib.settings import Settings, load_settings

PREFIX = "/api/v1"


def create_app(settings: Settings | None = None, *, versions: Versions | None = None) -> Litestar:
    """The API. Nothing is opened before it starts; the start raises DatabaseUnavailable or PlatformError without a
    database. `versions` say which answers are still true, instead of what is heard of changes.
    """
    settings = settings or load_settings()
    heard = DataVersions()
    versions = versions or heard
    services = Router(
        PREFIX,
        route_handlers=routes_of(settings.services, public_reads=settings.public_reads),
        middleware=[ConditionalReads()],
        before_request=check_request,
    )
    app = LayeredLitestar(
        route_handlers=[
            services,
            Router(PREFIX, route_handlers=[HealthController]),
            # probes and Prometheus look at the root
            Router("/", route_handlers=[HealthController], include_in_schema=False),
            pages() if "stocks" in settings.services else front_door,
            openapi_document,
            docs_assets(),
            *([account_pages()] if "users" in settings.services else []),
            *([assets_router()] if "users" in settings.services and "stocks" not in settings.services else []),
        ],
        dependencies=dependencies(settings),
        lifespan=[lifespan(settings, versions, heard)],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(settings.services),
        logging_config=None,
        request_max_body_size=BODY_BYTES,
    )

    def hot_answers(inner: ASGIApp) -> ASGIApp:
        room = settings.cache_mb * 1024 * 1024
        return HotAnswers(inner, versions=versions, room=room, shared=lambda: app.state.get("shared_answers"))

    def direct_reads(inner: ASGIApp) -> ASGIApp:
        return DirectReads(inner, app, settings)

    def outer_walls(inner: ASGIApp) -> ASGIApp:
        return OuterWalls(inner, rules_of(settings))

    def guesses(inner: ASGIApp) -> ASGIApp:
        return Guesses(inner, settings.limits_refusals)

    def rate_limits(inner: ASGIApp) -> ASGIApp:
        return RateLimits(inner, budgets_of(settings), lambda: app.state.limits)

    async def authenticate(proof: str) -> Principal:
        accounts: Accounts = app.state.accounts
        return await accounts.authenticator.authenticate(proof)

    def identify(inner: ASGIApp) -> ASGIApp:
        return Identify(inner, authenticate, unproven=UNPROVEN)

    def true_allow(inner: ASGIApp) -> ASGIApp:
        return TrueAllow(inner, lambda: methods)

    app.state.limits = MemoryLimits()
    methods = methods_by_path(app)
    closed = [] if settings.public_reads else [ClosedReads]
    app.surround(
        [Observed, outer_walls, guesses, identify, rate_limits, *closed, hot_answers, true_allow, direct_reads]
    )
    return app
