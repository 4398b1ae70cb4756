"""Puts a question to Yahoo through yfinance: in a thread, patiently, and so that only our errors come back. It does not
know what is asked.
"""

import asyncio
import logging
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import yfinance as yf
from curl_cffi.requests.exceptions import DNSError, RequestException, SSLError, Timeout
from yfinance.cache import get_cookie_cache, get_tz_cache
from yfinance.data import YfData
from yfinance.exceptions import YFRateLimitError

from lib.errors import Malformed, RateLimited, SourceError, Unavailable
from lib.sources.access import Access, FromThreads, Rate
from lib.sources.patience import Patience, patiently
from lib.sources.yahoo.cache import own_folder
from lib.sources.yahoo.session import Judge, NoTurn, YahooSession
from lib.sources.yahoo.verdicts import SOURCE

T = TypeVar("T")


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


class Asking:
    """One session and its threads; made in the event loop that uses it, to be closed with `aclose`."""

    def __init__(self, access: Access, manners: Manners) -> None:
        self._threads = ThreadPoolExecutor(manners.concurrency, thread_name_prefix=SOURCE)
        self._patience = Patience(manners.attempts, manners.first_wait_s, manners.patience_s)
        self.session = YahooSession(
            FromThreads(access), Rate(manners.spacing_s), timeout_s=manners.timeout_s, patience_s=manners.patience_s
        )

    async def ask(self, question: Callable[[], T], *, about: str, path: str, judge: Judge) -> T:
        """What `question` returns; it runs in a thread, and again after what may pass. Answers from `path` are judged.

        Raises SourceErrors, and whatever keeps us from knowing whose turn it is.
        """
        loop = asyncio.get_running_loop()
        return await patiently(
            lambda: loop.run_in_executor(self._threads, self._once, question, about, path, judge), self._patience
        )

    async def aclose(self) -> None:
        """Waits for what is under way, and asks nothing more."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self.session.close()

    def _once(self, question: Callable[[], T], about: str, path: str, judge: Judge) -> T:
        # past windows and searches, failed ones too, are answered from a cache in memory otherwise
        YfData.cache_get.cache_clear()
        try:
            with self.session.judging(path, judge):
                return question()
        except SourceError:
            raise
        except NoTurn as error:
            raise error.cause from None
        except YFRateLimitError as error:
            raise RateLimited(SOURCE, f"Yahoo was asked too often when asked for {about}.") from error
        except RequestException as error:
            raise Unavailable(
                SOURCE,
                f"Yahoo cannot be reached: {_trouble(error)} when asked for {about}.",
                hint="Check this machine's way to the internet (query2.finance.yahoo.com, port 443).",
            ) from error
        except Exception as error:
            # yfinance reads the answer without checking it: whatever it stumbles over was not as it should be
            raise Malformed(
                SOURCE, f"Yahoo's answer for {about} cannot be read: {type(error).__name__}: {error}"
            ) from error


def prepare(folder: Path) -> None:
    """Sets yfinance up for this process, with `folder` for its small databases."""
    yf.set_tz_cache_location(str(own_folder(folder)))
    yf.config.debug.hide_exceptions = False
    # its lines repeat what our errors say, once for each attempt
    logging.getLogger("yfinance").setLevel(logging.CRITICAL + 1)
    # it calls pandas in ways that pandas is about to drop
    warnings.filterwarnings("ignore", module=r"yfinance\.")
    # it makes these tables at first use, and threads that do it at once stand in each other's way
    get_tz_cache().lookup("")
    get_cookie_cache().lookup("")


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
