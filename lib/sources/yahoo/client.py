"""Asks Yahoo for bars through yfinance, in threads, patiently and politely. It does not know what is stored or when to
ask.
"""

import asyncio
import logging
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import stamina
import yfinance as yf
from curl_cffi.requests.exceptions import DNSError, RequestException, SSLError, Timeout
from yfinance.cache import get_cookie_cache, get_tz_cache
from yfinance.data import YfData
from yfinance.exceptions import YFPricesMissingError, YFRateLimitError

from lib.domain.bars import Interval
from lib.errors import Malformed, NoData, RateLimited, SourceError, Unavailable
from lib.sources.bars import Fetched
from lib.sources.pace import Pace
from lib.sources.yahoo.answers import read_answer
from lib.sources.yahoo.cache import own_folder
from lib.sources.yahoo.session import YahooSession
from lib.sources.yahoo.verdicts import SOURCE
from lib.sources.yahoo.windows import bars_reach, moment, pieces, reachable


class Manners(NamedTuple):
    """How Yahoo is asked. Yahoo publishes no limit; these defaults are far below where its 429 answers are reported to
    start.

    `patience_s` is the longest pause that a question sits through; told to wait longer, it ends as RateLimited instead.
    """

    concurrency: int = 4
    spacing_s: float = 0.25
    timeout_s: float = 15
    attempts: int = 3
    first_wait_s: float = 1
    patience_s: float = 20


_MANNERS = Manners()


class Yahoo:
    """A BarSource. Use one at a time per process (`async with Yahoo(folder) as yahoo`): yfinance keeps one session for
    all.

    `folder` is where yfinance may keep its small databases; it is made if it is not there.
    """

    name = SOURCE

    def __init__(self, folder: Path, manners: Manners = _MANNERS) -> None:
        self.concurrency = manners.concurrency
        self._manners = manners
        self._folder = folder
        self._threads = ThreadPoolExecutor(manners.concurrency, thread_name_prefix=SOURCE)
        self._session = YahooSession(
            Pace(manners.spacing_s), timeout_s=manners.timeout_s, patience_s=manners.patience_s
        )

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(_prepare, self._folder)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._session.close()

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
                parts.append(await self._patiently(symbol, interval, first, last))
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

    async def _patiently(self, symbol: str, interval: Interval, start: datetime, end: datetime) -> Fetched:
        loop = asyncio.get_running_loop()
        manners = self._manners
        async for attempt in stamina.retry_context(
            on=self._again,
            attempts=manners.attempts,
            timeout=None,
            wait_initial=manners.first_wait_s,
            wait_max=manners.patience_s,
            wait_jitter=manners.first_wait_s,
        ):
            with attempt:
                return await loop.run_in_executor(self._threads, self._ask, symbol, interval, start, end)
        raise AssertionError("the last attempt returns or raises")

    def _again(self, error: Exception) -> bool | float:
        if isinstance(error, RateLimited):
            if error.until is None:
                return True
            # the pace holds all threads back until then and lets them go one by one
            wait = (error.until - datetime.now(UTC)).total_seconds()
            return max(wait, 0.0) if wait <= self._manners.patience_s else False
        return isinstance(error, Unavailable | Malformed)

    def _ask(self, symbol: str, interval: Interval, start: datetime, end: datetime) -> Fetched:
        # past windows are answered from a cache in memory otherwise, corrections or not
        YfData.cache_get.cache_clear()
        daily = interval == "1d"
        try:
            with self._session.asking(symbol):
                ticker = yf.Ticker(symbol, session=self._session)
                frame = ticker.history(
                    interval=interval,
                    start=start.date() if daily else start,
                    end=(end + timedelta(days=1) - timedelta.resolution).date() if daily else end,
                    auto_adjust=False,
                    actions=True,
                    keepna=True,
                    timeout=self._manners.timeout_s,
                )
                meta = ticker.history_metadata
                return read_answer(symbol, interval, start, end, frame, meta, now=datetime.now(UTC))
        except SourceError:
            raise
        except YFRateLimitError as error:
            raise RateLimited(SOURCE, f"Yahoo was asked too often when asked for {symbol}.") from error
        except YFPricesMissingError as error:
            raise NoData(SOURCE, f"Yahoo has no bars of {symbol} in this window.") from error
        except RequestException as error:
            raise Unavailable(
                SOURCE,
                f"Yahoo cannot be reached: {_trouble(error)} when asked for {symbol}.",
                hint="Check this machine's way to the internet (query2.finance.yahoo.com, port 443).",
            ) from error
        except Exception as error:
            # yfinance reads the answer without checking it: whatever it stumbles over was not as it should be
            raise Malformed(
                SOURCE, f"Yahoo's answer for {symbol} cannot be read: {type(error).__name__}: {error}"
            ) from error


def _trouble(error: RequestException) -> str:
    match error:
        case DNSError():
            return "its name is not found, there may be no network,"
        case Timeout():
            return "no answer in time"
        case SSLError():
            return "its certificate is not trusted"
        case _:
            return "the connection failed"


def _prepare(folder: Path) -> None:
    yf.set_tz_cache_location(str(own_folder(folder)))
    yf.config.debug.hide_exceptions = False
    # their lines repeat what our errors say, once for each attempt
    for library in ("yfinance", "stamina"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    # it calls pandas in ways that pandas is about to drop
    warnings.filterwarnings("ignore", module=r"yfinance\.")
    # it makes these tables at first use, and threads that do it at once stand in each other's way
    get_tz_cache().lookup("")
    get_cookie_cache().lookup("")
