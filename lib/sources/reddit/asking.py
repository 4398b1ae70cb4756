"""Asks Reddit one question through praw, in threads, and hands back the JSON that it answered with. It does not know
listings, streams, or when to ask again.
"""

import asyncio
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.metadata import version
from types import TracebackType
from typing import Any, NamedTuple, Self

import praw
import prawcore

from lib.errors import Malformed, SourceError
from lib.settings import Settings
from lib.sources.access import Access, FromThreads
from lib.sources.reddit.requestor import AccessFailed, Expired, Manners, PoliteRequestor
from lib.sources.reddit.verdicts import SOURCE, Question, refused

# their lines repeat what our errors say
for _library in ("praw", "prawcore"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)


class Answer(NamedTuple):
    """The JSON of one answer, and Reddit's clock when it was given (UTC), as far as Reddit said."""

    data: Any
    at: datetime | None


class _Line(NamedTuple):
    reddit: praw.Reddit
    requestor: PoliteRequestor


class Asking:
    """Reddit as one application sees it, read-only. Made in the event loop that asks; use `async with`."""

    def __init__(self, settings: Settings, access: Access, manners: Manners) -> None:
        self._settings = settings
        self._access = FromThreads(access)
        self._manners = manners
        self._threads = ThreadPoolExecutor(manners.at_once, thread_name_prefix=SOURCE)
        # praw is not made for several threads, so each has its own, and its own token
        self._own = threading.local()
        self._lines: list[_Line] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for line in self._lines:
            line.requestor.close()

    async def ask(self, question: Question, path: str, **parameters: str | int) -> Answer:
        """What Reddit answers to GET `path`; asks once, a stale token aside. Raises SourceError, and what the access
        raises.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._ask, question, path, parameters)

    def _ask(self, question: Question, path: str, parameters: dict[str, str | int]) -> Answer:
        try:
            return self._ask_once(question, path, parameters)
        except Expired:
            self._own.line = None
        try:
            return self._ask_once(question, path, parameters)
        except Expired as error:
            raise error.refusal from None

    def _ask_once(self, question: Question, path: str, parameters: dict[str, str | int]) -> Answer:
        reddit, requestor = self._line()
        try:
            requestor.begin(question)
            data = reddit.request(method="GET", path=path, params=parameters)
        except (SourceError, Expired):
            raise
        except AccessFailed as error:
            raise error.cause from None
        except prawcore.OAuthException as error:
            raise refused(f"answers {error.error}") from error
        except Exception as error:
            # praw reads answers without checking them: whatever it stumbles over was not as it should be
            raise Malformed(
                SOURCE, f"Reddit's answer cannot be read: {type(error).__name__} when asked for {question.words}."
            ) from error
        return Answer(data, requestor.answered_at)

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._own, "line", None)
        if line is None:
            line = self._own.line = self._new_line()
            self._lines.append(line)
        return line

    def _new_line(self) -> _Line:
        made: list[PoliteRequestor] = []

        def requestor(**options: Any) -> PoliteRequestor:
            made.append(PoliteRequestor(access=self._access, manners=self._manners, **options))
            return made[-1]

        settings = self._settings
        secret = settings.reddit_client_secret
        reddit = praw.Reddit(
            # named, so that neither praw's environment variables nor a praw.ini nearby have a say
            site_name="DEFAULT",
            client_id=settings.reddit_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            username=None,
            password=None,
            refresh_token=None,
            redirect_uri=None,
            user_agent=user_agent(settings),
            reddit_url=settings.reddit_url.rstrip("/"),
            oauth_url=settings.reddit_oauth_url.rstrip("/"),
            check_for_updates=False,
            check_for_async=False,
            requestor_class=requestor,  # type: ignore[arg-type]
        )
        return _Line(reddit, made[-1])


def user_agent(settings: Settings) -> str:
    """How this installation names itself to Reddit: platform, program, version, and who answers for it."""
    return f"{sys.platform}:insitechart:{version('insitechart')} (by /u/{settings.reddit_username})"
