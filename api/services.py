"""Which routes belong to which service, and what a process opens for them. It does not know what routes answer."""

from collections.abc import Collection
from typing import Final

from litestar.types import ControllerRouterHandler

from api.operations.controller import OperationsController
from api.sentiment.controller import SentimentController
from api.stocks.controller import StocksController
from lib.domain.services import Service

ROUTES: Final[dict[Service, tuple[ControllerRouterHandler, ...]]] = {
    "stocks": (StocksController,),
    "sentiment": (SentimentController,),
    "users": (),
    "operations": (OperationsController,),
}


def routes_of(services: Collection[Service]) -> list[ControllerRouterHandler]:
    """The routes of `services`, each once."""
    return [route for service in services for route in ROUTES[service]]


def needs_listings(services: Collection[Service]) -> bool:
    """Whether any of them finds listings by name or in texts."""
    return "stocks" in services or "sentiment" in services


def needs_measures(services: Collection[Service]) -> bool:
    """Whether any of them tells how the sources stand."""
    return "operations" in services
