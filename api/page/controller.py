"""The addresses of the pages. What they show, their templates and scripts know; numbers come from the API."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api.deps import NamedDependency
from api.page.assets import assets_router
from api.page.language import COOKIE, LANGUAGES
from api.page.rendering import page
from api.page.standing import standing_of
from api.parameters import known_symbol
from api.stocks.schemas import Stock
from api.stocks.views import stock_view
from lib.db.pool import Pool
from lib.db.stocks import stock_detail
from lib.errors import DatabaseUnavailable, UnknownSymbol
from lib.settings import Settings

Asked = Request[Any, Any, Any]

_A_YEAR = 365 * 24 * 3600


@get("/", include_in_schema=False, sync_to_thread=False)
def home(request: Asked) -> Response[bytes]:
    """Search, what people speak of now, and the watchlist."""
    return page(request, "home.html")


@get("/stocks/{symbol:str}", include_in_schema=False)
async def stock(
    request: Asked, symbol: FromPath[str], pool: NamedDependency[Pool], settings: NamedDependency[Settings]
) -> Response[bytes]:
    """Price and mood of one stock. Where reads are closed, it says nothing by itself: its scripts ask with a proof."""
    if not settings.public_reads:
        return page(request, "stock.html", stock=_untold(known_symbol(symbol)))
    try:
        found = await stock_detail(pool, known_symbol(symbol), settings.scorer)
    except UnknownSymbol:
        return page(request, "sorry.html", status=404, why="unknown", asked=symbol)
    except DatabaseUnavailable:
        return page(request, "sorry.html", status=503, why="away", asked=symbol)
    return page(request, "stock.html", stock=stock_view(found, settings.scorer))


@get("/compare", include_in_schema=False, sync_to_thread=False)
def compare(request: Asked) -> Response[bytes]:
    """Up to five stocks beside each other."""
    return page(request, "compare.html")


@get("/analyze", include_in_schema=False, sync_to_thread=False)
def analyze(request: Asked) -> Response[bytes]:
    """A text of one's own, read as posts are."""
    return page(request, "analyze.html")


@get("/status", include_in_schema=False)
async def status(request: Asked, pool: NamedDependency[Pool]) -> Response[bytes]:
    """How the sources stand, the last good backup, the last drills."""
    try:
        standing = await standing_of(pool)
    except DatabaseUnavailable:
        return page(request, "sorry.html", status=503, why="away", asked="")
    return page(request, "status.html", standing=standing)


@get("/me", include_in_schema=False, sync_to_thread=False)
def me(request: Asked, settings: NamedDependency[Settings]) -> Response[bytes]:
    """Signing in and up; the account, its keys and alerts."""
    return page(request, "me.html", is_mail_a_file=settings.smtp_url is None)


@get("/language/{language:str}", include_in_schema=False, sync_to_thread=False)
def switch_language(language: FromPath[str], to: FromQuery[str] = "/") -> Redirect:
    """Remembers the language, and leads back to the page `to`."""
    if language not in LANGUAGES:
        raise NotFoundException("There is no such language.")
    # to a page of ours alone: //host and /\host are other hosts for a browser
    back = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
    kept = Cookie(COOKIE, value=language, max_age=_A_YEAR, samesite="lax", httponly=True)
    return Redirect(back, status_code=303, cookies=[kept])


def _untold(symbol: str) -> Stock:
    return Stock(
        symbol=symbol, name=symbol, name_ko=None, aliases=[], exchange=None, currency=None, kind="", listed_on=None,
        delisted_on=None, sample=False, last_bar=None, last_sentiment=None,
    )  # fmt: skip


def pages() -> Router:
    """Every page, and what pages load."""
    return Router("/", route_handlers=[home, stock, compare, analyze, status, me, switch_language, assets_router()])
