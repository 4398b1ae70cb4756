"""The one place where the application is put together. It does not hold any rule of its own."""

from litestar import Litestar, Router

from api.conditional import ConditionalReads
from api.deps import dependencies
from api.docs import docs_assets, front_door, openapi_document
from api.health import HealthController
from api.lifespan import lifespan
from api.live.controller import StreamController
from api.observed import ObservedLitestar
from api.openapi import openapi_config
from api.operations.controller import OperationsController
from api.parameters import refuse_unknown_parameters
from api.problems import EXCEPTION_HANDLERS
from api.sentiment.controller import SentimentController
from api.stocks.controller import StocksController
from lib.live.versions import DataVersions
from lib.settings import Settings, load_settings

PREFIX = "/api/v1"
BODY_LIMIT = 1024 * 1024


def create_app(settings: Settings | None = None) -> Litestar:
    """The API. Nothing is opened before it starts; the start raises DatabaseUnavailable or PlatformError without a
    database.
    """
    settings = settings or load_settings()
    services = Router(
        PREFIX,
        route_handlers=[StocksController, SentimentController, StreamController, OperationsController],
        middleware=[ConditionalReads()],
        before_request=refuse_unknown_parameters,
    )
    return ObservedLitestar(
        route_handlers=[
            services,
            Router(PREFIX, route_handlers=[HealthController]),
            # probes and Prometheus look at the root
            Router("/", route_handlers=[HealthController], include_in_schema=False),
            front_door,
            openapi_document,
            docs_assets(),
        ],
        dependencies=dependencies(settings),
        lifespan=[lifespan(settings, DataVersions())],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(),
        logging_config=None,
        request_max_body_size=BODY_LIMIT,
    )
