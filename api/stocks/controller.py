"""Routes under /stocks. It does not know how listings are searched or bars are kept."""

from bisect import bisect_right
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.answers import json_answer, table_answer
from api.catalogue import Catalogue
from api.cursors import read_cursor, write_cursor
from api.deps import Moment, NamedDependency
from api.openapi import problems
from api.parameters import DEFAULT_ROWS, End, LongRows, Rows, ScorerName, Start, SymbolPath, known_symbol, parse_range
from api.scorers import check_scorer
from api.stocks.paging import After, page_of
from api.stocks.schemas import BarsTable, InsightTable, Stock, StockPage
from api.stocks.views import stock_item, stock_view
from api.tables import SLICE_ROWS, csv_stream, is_streamed
from lib.db.bar_rows import bar_lines
from lib.db.bars import bars_table
from lib.db.insight import insight_table
from lib.db.pool import Pool
from lib.db.stocks import stock_detail
from lib.domain.bars import Interval
from lib.settings import Settings

Query = Annotated[
    str,
    QueryParameter(
        description="A symbol, an English or Korean name, or Korean initials (초성); forgives typing errors. "
        "Empty lists all.",
        max_length=100,
        examples=[
            Example(id="ko", summary="한국어 이름", value="삼성전자"),
            Example(id="initials", summary="초성", value="ㅅㅅㅈㅈ"),
            Example(id="en", summary="With a typing error", value="samsnug electronics"),
        ],
    ),
]
Cursor = Annotated[str | None, QueryParameter(description="The `next` of the page before.", max_length=200)]
PageSize = Annotated[int, QueryParameter(description="At most this many.", ge=1, le=100)]
BarInterval = Annotated[Interval, QueryParameter(description="Length of a bar: a day, an hour or a minute.")]
Adjusted = Annotated[
    bool, QueryParameter(description="Scale open, high, low and close by adj_close / close, where adj_close is known.")
]


class StocksController(Controller):
    """Finding a stock, its listing, its bars, its insight."""

    path = "/stocks"
    tags = ("stocks",)

    @get(operation_id="searchStocks", summary="Find stocks", responses=problems(400, 503))
    async def search(
        self, catalogue: NamedDependency[Catalogue], q: Query = "", limit: PageSize = 20, cursor: Cursor = None
    ) -> Response[StockPage]:
        """By symbol, English or Korean name, or Korean initials, the best match first; without `q` all, by symbol."""
        if not q.strip():
            return json_answer(await _all_stocks(catalogue, limit, cursor))
        index = await catalogue.search_index()
        found, last = page_of(index, q, limit, read_cursor(cursor, After) if cursor else None)
        items = [stock_item(match.listing, match.kind, match.score) for match in found]
        return json_answer(StockPage(items, write_cursor(last) if last else None))

    @get("/{symbol:str}", operation_id="getStock", summary="One stock", responses=problems(400, 404, 503))
    async def detail(
        self, symbol: SymbolPath, pool: NamedDependency[Pool], settings: NamedDependency[Settings]
    ) -> Response[Stock]:
        """The listing, its newest daily bar, and the newest day on which people spoke of it."""
        return json_answer(stock_view(await stock_detail(pool, known_symbol(symbol), settings.scorer), settings.scorer))

    @get("/{symbol:str}/bars", operation_id="getBars", summary="Bars of one stock", responses=problems(400, 404, 503))
    async def bars(
        self,
        request: Request[Any, Any, Any],
        symbol: SymbolPath,
        pool: NamedDependency[Pool],
        moment: NamedDependency[Moment],
        interval: BarInterval = "1d",
        start: Start = None,
        end: End = None,
        limit: LongRows = DEFAULT_ROWS,
        adjusted: Adjusted = False,
    ) -> Response[BarsTable]:
        """The newest `limit` bars of the range as columns, oldest first. `Accept: text/csv` answers the same as CSV,
        and more than 10,000 rows as a stream.
        """
        since, until = parse_range(start, end)
        if is_streamed(request, limit):
            lines = bar_lines(
                pool,
                known_symbol(symbol),
                interval,
                start=since,
                end=until,
                limit=limit,
                slice_rows=SLICE_ROWS,
                adjusted=adjusted,
                moment=moment.at,
            )
            return await csv_stream(request, lines)
        body = await bars_table(
            pool,
            known_symbol(symbol),
            interval,
            start=since,
            end=until,
            limit=limit,
            adjusted=adjusted,
            moment=moment.at,
            as_of=moment.text,
        )
        return table_answer(request, body)

    @get(
        "/{symbol:str}/insight",
        operation_id="getInsight",
        summary="Price and talk on one time axis",
        responses=problems(400, 404, 503),
    )
    async def insight(
        self,
        request: Request[Any, Any, Any],
        symbol: SymbolPath,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        moment: NamedDependency[Moment],
        interval: BarInterval = "1d",
        start: Start = None,
        end: End = None,
        limit: Rows = DEFAULT_ROWS,
        scorer: ScorerName = None,
    ) -> Response[InsightTable]:
        """Bars and sentiment as columns, oldest first: at most `limit` intervals, counted back from the newest of the
        range.

        A day with posts and no trading is there, with null prices. `Accept: text/csv` answers the same as CSV.
        """
        since, until = parse_range(start, end)
        name = scorer or settings.scorer
        table = await insight_table(
            pool,
            known_symbol(symbol),
            interval,
            name,
            start=since,
            end=until,
            limit=limit,
            moment=moment.at,
            as_of=moment.text,
        )
        check_scorer(name, known=table.scorer_known)
        return table_answer(request, table.body)


async def _all_stocks(catalogue: Catalogue, limit: int, cursor: str | None) -> StockPage:
    listings = await catalogue.by_symbol()
    symbols = list(listings)
    first = bisect_right(symbols, read_cursor(cursor, str)) if cursor else 0
    page = symbols[first : first + limit]
    more = first + limit < len(symbols)
    return StockPage([stock_item(listings[symbol]) for symbol in page], write_cursor(page[-1]) if more else None)
