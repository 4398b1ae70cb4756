"""The session handed to yfinance: every request waits for its turn, and a bad answer ends the question at once.

yfinance by itself asks three or four times on end when it is told 429, forgets Retry-After, and changes its cookie
strategy for all threads on any 4xx. Here the first such answer to the question itself is turned into our error, which
passes through yfinance unchanged. It does not know what is asked or who asks; the thread says that by `judging`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from curl_cffi import requests

from lib.errors import Denied, RateLimited, SourceError
from lib.sources.access import FromThreads, Rate
from lib.sources.yahoo.verdicts import SOURCE

# Yahoo counts what comes from one address, whichever of its hosts is asked
HOST = "finance.yahoo.com"


class Judge(Protocol):
    """What an answer amounts to by its status, Retry-After and body: an error, or None where it is one to use."""

    def __call__(self, status: int, retry_after: str | None, body: bytes, *, now: datetime) -> SourceError | None: ...


class NoTurn(Exception):
    """Nobody could say whose turn it is; `cause` says why. It must not look like trouble with Yahoo."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Question(threading.local):
    path: str = ""
    judge: Judge | None = None
    denials: int = 0


class YahooSession(requests.Session[requests.Response]):
    """curl_cffi's session as yfinance makes it for itself (it greets like a browser), with manners. Thread-safe."""

    def __init__(self, access: FromThreads, rate: Rate, *, timeout_s: float, patience_s: float) -> None:
        super().__init__(impersonate="chrome")
        self._access = access
        self._rate = rate
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._question = _Question()

    @contextmanager
    def judging(self, path: str, judge: Judge) -> Iterator[None]:
        """What this thread requests meanwhile belongs to one question, and answers from `path` are judged."""
        self._question.path, self._question.judge, self._question.denials = path, judge, 0
        try:
            yield
        finally:
            self._question.judge = None

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> requests.Response:
        """As the base class; raises SourceError for an answer to the question that holds none, NoTurn."""
        self._wait()
        options["timeout"] = self._timeout_s
        response = super().request(method, url, *args, **options)
        judge = self._question.judge
        if judge is not None and self._question.path in url:
            self._judge(judge, response)
        return response

    def _wait(self) -> None:
        try:
            self._access.turn(HOST, self._rate, patience_s=self._patience_s)
        except RateLimited as error:
            until = "" if error.until is None else f" before {error.until:%Y-%m-%d %H:%M:%S} UTC"
            raise RateLimited(SOURCE, f"Yahoo is not to be asked{until}.", until=error.until) from None
        except Exception as error:
            raise NoTurn(error) from error

    def _judge(self, judge: Judge, response: requests.Response) -> None:
        retry_after = response.headers.get("retry-after")
        error = judge(response.status_code, retry_after, response.content, now=datetime.now(UTC))
        if isinstance(error, RateLimited) and error.until is not None:
            self._access.pause(HOST, self._rate, error.until)
        if isinstance(error, Denied):
            # a crumb grows stale: yfinance takes a new one and asks once more
            self._question.denials += 1
            if self._question.denials == 1:
                return
        if error is not None:
            raise error
