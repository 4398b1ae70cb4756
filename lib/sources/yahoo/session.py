"""The session handed to yfinance: every request keeps the pace, and a bad answer ends the question at once.

yfinance by itself asks three or four times on end when it is told 429, forgets Retry-After, and changes its cookie
strategy for all threads on any 4xx. Here the first such answer to a question about prices is turned into our error,
which passes through yfinance unchanged. It does not know what is asked or who asks; the thread says that by `asking`.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from curl_cffi import requests

from lib.errors import Denied, RateLimited
from lib.sources.pace import Pace
from lib.sources.yahoo.verdicts import SOURCE, verdict

_CHART = "/v8/finance/chart/"


class _Question(threading.local):
    symbol: str | None = None
    denials: int = 0


class YahooSession(requests.Session[requests.Response]):
    """curl_cffi's session as yfinance makes it for itself (it greets like a browser), with manners. Thread-safe."""

    def __init__(self, pace: Pace, *, timeout_s: float, patience_s: float) -> None:
        super().__init__(impersonate="chrome")
        self._pace = pace
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._question = _Question()

    @contextmanager
    def asking(self, symbol: str) -> Iterator[None]:
        """What this thread requests meanwhile is about `symbol`, and answers to it are judged."""
        self._question.symbol, self._question.denials = symbol, 0
        try:
            yield
        finally:
            self._question.symbol = None

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> requests.Response:
        """As the base class; raises SourceError for an answer about prices that holds none."""
        self._wait()
        options["timeout"] = self._timeout_s
        response = super().request(method, url, *args, **options)
        if self._question.symbol is not None and _CHART in url:
            self._judge(self._question.symbol, response)
        return response

    def _wait(self) -> None:
        wait = self._pace.reserve(self._patience_s)
        if wait > self._patience_s:
            until = datetime.fromtimestamp(time.time() + wait, UTC)
            raise RateLimited(SOURCE, f"Yahoo asked to be left alone until {until:%H:%M:%S} UTC.", until=until)
        time.sleep(wait)

    def _judge(self, symbol: str, response: requests.Response) -> None:
        now = datetime.now(UTC)
        error = verdict(symbol, response.status_code, response.headers.get("retry-after"), response.content, now=now)
        if isinstance(error, RateLimited) and error.until is not None:
            self._pace.pause((error.until - now).total_seconds())
        if isinstance(error, Denied):
            # a crumb grows stale: yfinance takes a new one and asks once more
            self._question.denials += 1
            if self._question.denials == 1:
                return
        if error is not None:
            raise error
