"""Which routes belong to which service, and what a process opens for them. It does not know what routes answer."""

from collections.abc import Collection
from typing import Final

from litestar import Router
from litestar.types import ControllerRouterHandler

from api.auth.closed import DeclaresRead
from api.live.controller import StreamController
from api.operations.controller import OperationsController
from api.operations.governing import GoverningController
from api.operations.recovery import RecoveryController
from api.sentiment.controller import SentimentController
from api.sentiment.gaps import GapsController
from api.sentiment.reading import ReadingController
from api.stocks.controller import StocksController
from api.users.access import ApiKeyController, SessionController
from api.users.account import AccountController
from api.users.alerts import AlertController
from api.users.registration import RegistrationController
from api.users.tokens import TokenController
from api.users.watchlists import WatchlistController
from lib.domain.services import Service

ROUTES: Final[dict[Service, tuple[ControllerRouterHandler, ...]]] = {
    "stocks": (StocksController,),
    "sentiment": (SentimentController, GapsController, ReadingController, StreamController),
    "users": (
        RegistrationController,
        TokenController,
        AccountController,
        SessionController,
        ApiKeyController,
        WatchlistController,
        AlertController,
    ),
    "operations": (OperationsController, RecoveryController, GoverningController),
}


_READS: Final[tuple[Service, ...]] = ("stocks", "sentiment")


def routes_of(services: Collection[Service], *, public_reads: bool = True) -> list[ControllerRouterHandler]:
    """The routes of `services`, each once. Those of stocks and sentiment declare that they need
    somebody known, unless they are public; api/auth/closed.py sees to it."""
    found: list[ControllerRouterHandler] = []
    for service in services:
        closed = service in _READS and not public_reads
        guards = [DeclaresRead()] if closed else []
        found.append(Router("/", route_handlers=ROUTES[service], guards=guards))
    return found


def needs_listings(services: Collection[Service]) -> bool:
    """Whether any of them finds listings by name or in texts."""
    return "stocks" in services or "sentiment" in services


def needs_measures(services: Collection[Service]) -> bool:
    """Whether any of them tells how the sources stand."""
    return "operations" in services


def keeps_accounts(services: Collection[Service]) -> bool:
    """Whether any of them sends the mails of accounts, and tidies up behind them."""
    return "users" in services
