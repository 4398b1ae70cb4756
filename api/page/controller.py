"""The addresses of the pages. What they show, their templates and scripts know; numbers come from the API."""

from typing import Any

from litestar import Request, Response, Router, get

from api.deps import NamedDependency
from api.page.assets import assets_router
from api.page.language import LANGUAGES
from api.page.rendering import page
from api.page.standing import standing_of
from api.parameters import known_symbol
from api.stocks.schemas import Stock
from api.stocks.views import stock_view
from lib.db.pool import Pool
from lib.db.stocks import stock_detail
from lib.errors import InsiteChartError
from lib.settings import Settings

Asked = Request[Any, Any, Any]


@get("/", include_in_schema=False, sync_to_thread=False)
def home(request: Asked) -> Response[str]:
    """Search, what people speak of now, and the watchlist."""
    return page(request, "home.html")


@get("/stocks/{symbol:str}", include_in_schema=False)
async def stock(
    request: Asked, symbol: str, pool: NamedDependency[Pool], settings: NamedDependency[Settings]
) -> Response[str]:
    """Price and mood of one stock."""
    try:
        found: Stock = stock_view(await stock_detail(pool, known_symbol(symbol), settings.scorer), settings.scorer)
    except InsiteChartError as error:
        return page(request, "unknown.html", status=404 if error.__class__.__name__ == "UnknownSymbol" else 503, asked=symbol)
    return page(request, "stock.html", stock=found)


@get("/compare", include_in_schema=False, sync_to_thread=False)
def compare(request: Asked) -> Response[str]:
    """Up to five stocks beside each other."""
    return page(request, "compare.html")


@get("/analyze", include_in_schema=False, sync_to_thread=False)
def analyze(request: Asked) -> Response[str]:
    """A text of one's own, read as posts are."""
    return page(request, "analyze.html")


@get("/status", include_in_schema=False)
async def status(request: Asked, pool: NamedDependency[Pool]) -> Response[str]:
    """How the sources stand, the last good backup, the last drills."""
    return page(request, "status.html", standing=await standing_of(pool))


@get("/me", include_in_schema=False, sync_to_thread=False)
def me(request: Asked) -> Response[str]:
    """Signing in and up; the account, its keys and alerts."""
    return page(request, "me.html")


def pages() -> Router:
    """Every page, and what pages load."""
    return Router("/", route_handlers=[home, stock, compare, analyze, status, me, assets_router()])


__all__ = ["LANGUAGES", "pages"]
