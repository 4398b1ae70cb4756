"""Asks X through tweepy, in threads: each question waits for its turn, and is paid for, before it is asked.

It asks once; who calls it decides about asking again. It does not know what is stored.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import requests
from tweepy.client import Client as Tweepy

from lib.errors import Malformed, OverBudget, RateLimited, SourceError
from lib.sources.access import Access, Rate, Receipt
from lib.sources.patience import Patience
from lib.sources.x.answers import FIELDS, SOURCE, Found, Hour, read_counts, read_lookup, read_search
from lib.sources.x.session import Undelivered, XSession
from lib.sources.x.verdicts import allowed_from, clock, used_up

HOST = "api.twitter.com"
# as many posts as X delivers in one answer at most
AT_ONCE = 100

# what a budget that does not cover a full page may still cover; X delivers no fewer than ten
_SMALLER = (50, 25, 10)

# a second is lost where X's clock is read, and some time on the way
_SAME_TIME = timedelta(seconds=5)

T = TypeVar("T")


class Manners(NamedTuple):
    """How X is asked. It allows an application 450 searches and 300 questions about counts in 15 minutes."""

    concurrency: int = 4
    at_once: int = AT_ONCE
    rate: Rate = Rate(spacing_s=2.1, burst=20)
    timeout_s: float = 20
    patience: Patience = Patience()


class Client:
    """X for one credential, `async with Client(…) as client`. Every question raises SourceErrors only."""

    def __init__(
        self,
        token: str,
        agent: str,
        access: Access,
        manners: Manners,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._token = token
        self._agent = agent
        self._access = access
        self._manners = manners
        self._clock = clock
        self._ahead = timedelta(0)
        self._threads = ThreadPoolExecutor(manners.concurrency, thread_name_prefix=SOURCE)
        self._of_thread = threading.local()
        self._sessions: list[XSession] = []

    async def __aenter__(self) -> Self:
        # at debug level it writes the bearer token into the log
        logging.getLogger("tweepy").setLevel(logging.CRITICAL + 1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for session in self._sessions:
            session.close()

    def now(self) -> datetime:
        """The time (UTC) as X has it, as far as it has told."""
        return self._clock() + self._ahead

    async def search(self, query: str, *, since: int, until: int, token: str | None = None) -> tuple[Found, datetime]:
        """The newest posts with since < id < until, as many as fit one answer, and X's time when it answered.

        Fewer are asked for where the budget covers no more. `token` leads on from an answer that promised more.
        """

        def ask(x: Tweepy, most: int) -> Any:
            # X refuses ids together with times
            return x.search_recent_tweets(
                query, since_id=since, until_id=until, max_results=most, next_token=token, tweet_fields=list(FIELDS)
            )

        return await self._ask("posts", _sizes(self._manners.at_once), ask, read_search, lambda found: found.delivered)

    async def lookup(self, ids: Sequence[int]) -> Found:
        """The posts of `ids` (up to 100) as they are now: as many of them, from the first on, as the budget covers."""

        def ask(x: Tweepy, most: int) -> Any:
            return x.get_tweets(list(ids[:most]), tweet_fields=list(FIELDS))

        found, _ = await self._ask("posts", _sizes(len(ids)), ask, read_lookup, lambda found: found.delivered)
        return found

    async def counts(self, query: str, start: datetime, end: datetime) -> list[Hour]:
        """How many posts there were in each hour of [start, end), both on the hour."""

        def ask(x: Tweepy, most: int) -> Any:
            return x.get_recent_tweets_count(query, start_time=start, end_time=end, granularity="hour")

        hours, _ = await self._ask("counts", (1,), ask, read_counts, lambda hours: 1)
        return hours

    async def _ask(
        self,
        unit: str,
        sizes: Sequence[int],
        ask: Callable[[Tweepy, int], Any],
        read: Callable[[bytes], T],
        delivered: Callable[[T], int],
    ) -> tuple[T, datetime]:
        manners = self._manners
        await self._access.turn(HOST, manners.rate, patience_s=manners.patience.longest_s)
        async with AsyncExitStack() as stack:
            receipt, most = await self._set_aside(stack, unit, sizes)
            try:
                answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._in_thread, ask, most)
            except Undelivered as refused:
                receipt.used(0)
                self._learn(refused.said)
                if isinstance(refused.error, RateLimited) and refused.error.until is not None:
                    await self._access.pause(HOST, manners.rate, refused.error.until)
                raise refused.error from refused.__cause__
            content = read(answer.content)
            receipt.used(delivered(content))
        said = self._learn(clock(answer.headers))
        until = allowed_from(answer.headers, now=self._clock()) if used_up(answer.headers) else None
        if until is not None:
            await self._access.pause(HOST, manners.rate, until)
        return content, said

    async def _set_aside(self, stack: AsyncExitStack, unit: str, sizes: Sequence[int]) -> tuple[Receipt, int]:
        for most in sizes:
            try:
                return await stack.enter_async_context(self._access.paying(unit, most)), most
            except OverBudget:
                if most == sizes[-1]:
                    raise
        raise AssertionError("there is at least one size")

    def _in_thread(self, ask: Callable[[Tweepy, int], Any], most: int) -> requests.Response:
        try:
            answer: requests.Response = ask(self._tweepy(), most)
        except (SourceError, Undelivered):
            raise
        except Exception as error:
            # not in its own words: they may hold the token
            raise Malformed(SOURCE, f"tweepy stumbled over X ({type(error).__name__}).") from error
        return answer

    def _tweepy(self) -> Tweepy:
        # requests does not promise that threads may share a session
        mine: Tweepy | None = getattr(self._of_thread, "client", None)
        if mine is None:
            mine = Tweepy(self._token, wait_on_rate_limit=False, return_type=requests.Response)
            mine.user_agent = self._agent
            mine.session = XSession(self._manners.timeout_s, self._clock)
            self._sessions.append(mine.session)
            self._of_thread.client = mine
        return mine

    def _learn(self, said: datetime | None) -> datetime:
        ahead = timedelta(0) if said is None else said - self._clock()
        self._ahead = timedelta(0) if abs(ahead) < _SAME_TIME else ahead
        return said or self._clock()


def _sizes(most: int) -> list[int]:
    return [most, *(size for size in _SMALLER if size < most)]
