"""Yahoo as a source: bars, headlines and listings. It does not know what is stored or when to ask."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import yfinance as yf
from yfinance.exceptions import YFPricesMissingError

from lib.domain.bars import Interval
from lib.domain.symbols import Listing
from lib.errors import NoData
from lib.sources.access import Access
from lib.sources.bars import Fetched
from lib.sources.newest import Newest, take
from lib.sources.posts import Cursor, Page
from lib.sources.yahoo.answers import read_answer
from lib.sources.yahoo.articles import Article, as_post, read_articles
from lib.sources.yahoo.asking import Asking, Manners, prepare
from lib.sources.yahoo.listings import read_quotes
from lib.sources.yahoo.verdicts import SOURCE, news_verdict, search_verdict, verdict
from lib.sources.yahoo.windows import bars_reach, moment, pieces, reachable

__all__ = ["Manners", "Yahoo"]

_MANNERS = Manners()
_NEWS = "news/"

# how many headlines are asked for at once; older ones cannot be had
_HEADLINES = 30

_FOUND = 10


class Yahoo:
    """A BarSource, and a PostSource of headlines about `watched`. Use one at a time per process (`async with
    Yahoo(folder, access) as yahoo`): yfinance keeps one session for all.

    `folder` is where yfinance may keep its small databases; it is made if it is not there.
    """

    name = SOURCE

    def __init__(
        self, folder: Path, access: Access, manners: Manners = _MANNERS, *, watched: Sequence[str] = ()
    ) -> None:
        self.concurrency = manners.concurrency
        self._folder = folder
        self._access = access
        self._manners = manners
        self._watched = tuple(watched)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(prepare, self._folder)
        self._asking = Asking(self._access, self._manners)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._asking.aclose()

    def bars_reach(self, interval: Interval) -> timedelta | None:
        """How far back Yahoo has bars of this interval; None: as far as there are any."""
        return bars_reach(interval)

    async def fetch_bars(
        self, symbol: str, interval: Interval, start: datetime | date, end: datetime | date
    ) -> Fetched:
        """The finished bars of `symbol` with start in [start, end), and with daily bars the actions of those days.

        Dates count as 00:00 UTC. A window that reaches further back than Yahoo keeps is cut (minutes: 29 days, hours:
        729), and `Fetched.start` says to what; a long one of minutes is asked in pieces of a week. Raises RateLimited,
        Denied, Unavailable, Malformed, or NoData where Yahoo itself says that it has nothing; ValueError for a time
        without zone.
        """
        since, until = reachable(interval, moment(start), now=datetime.now(UTC)), moment(end)
        parts, nothing = [], NoData(SOURCE, f"The window asked for {symbol} is empty.")
        for first, last in pieces(interval, since, until):
            try:
                parts.append(
                    await self._asking.ask(
                        partial(self._history, symbol, interval, first, last),
                        about=symbol,
                        path="/v8/finance/chart/",
                        judge=partial(verdict, symbol),
                    )
                )
            except NoData as error:
                nothing = error
        if not parts:
            raise nothing
        return Fetched(
            listing=parts[-1].listing,
            interval=interval,
            start=since,
            end=until,
            bars=tuple(bar for part in parts for bar in part.bars),
            actions=tuple(action for part in parts for action in part.actions),
            dropped=dict(sum((Counter(part.dropped) for part in parts), Counter())),
        )

    def streams(self) -> Sequence[str]:
        """`news/<SYMBOL>` of each watched symbol."""
        return tuple(f"{_NEWS}{symbol}" for symbol in self._watched)

    async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """One page with the headlines about a symbol that are new or read differently.

        Raises RateLimited, Unavailable, Malformed; Denied for this stream alone, for bars come from another host.
        """
        symbol = stream.removeprefix(_NEWS)
        at, articles, dropped = await self._asking.ask(
            partial(self._headlines, symbol),
            about=f"news of {symbol}",
            path="/xhr/ncp",
            judge=partial(news_verdict, symbol, stream),
        )
        newest = msgspec.convert(cursor, Newest) if cursor else Newest()
        taken = take(newest, articles, at, moved_on=f"only the newest {_HEADLINES} headlines are listed")
        yield Page(
            start=taken.since,
            end=at,
            cursor=msgspec.to_builtins(taken.newest),
            posts=tuple(as_post(fresh.item, fresh.published_at) for fresh in taken.fresh),
            received=len(taken.fresh) + sum(dropped.values()),
            dropped=dropped,
            lost=taken.lost,
        )

    async def find_listings(self, text: str) -> list[Listing]:
        """The listings that Yahoo's search finds for `text`, a symbol or part of a name, best first; none if there are
        none.

        Raises RateLimited, Unavailable, Malformed; Denied for the stream `listings` alone.
        """
        return await self._asking.ask(
            partial(self._search, text),
            about=f"listings of {text}",
            path="/v1/finance/search",
            judge=partial(search_verdict, text),
        )

    def _history(self, symbol: str, interval: Interval, start: datetime, end: datetime) -> Fetched:
        daily = interval == "1d"
        ticker = yf.Ticker(symbol, session=self._asking.session)
        try:
            frame = ticker.history(
                interval=interval,
                start=start.date() if daily else start,
                end=(end + timedelta(days=1) - timedelta.resolution).date() if daily else end,
                auto_adjust=False,
                actions=True,
                keepna=True,
                timeout=self._manners.timeout_s,
            )
        except YFPricesMissingError as error:
            raise NoData(SOURCE, f"Yahoo has no bars of {symbol} in this window.") from error
        return read_answer(symbol, interval, start, end, frame, ticker.history_metadata, now=datetime.now(UTC))

    def _headlines(self, symbol: str) -> tuple[datetime, list[Article], dict[str, int]]:
        at = datetime.now(UTC)
        found = yf.Ticker(symbol, session=self._asking.session).get_news(count=_HEADLINES)
        return (at, *read_articles(found))

    def _search(self, text: str) -> list[Listing]:
        found = yf.Search(
            text,
            max_results=_FOUND,
            news_count=0,
            lists_count=0,
            include_cb=False,
            recommended=0,
            session=self._asking.session,
            timeout=self._manners.timeout_s,
        )
        return read_quotes(found.quotes)
