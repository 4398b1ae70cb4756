"""What praw sends its requests with: each one keeps the shared pace, and a bad answer ends the question at once.

praw's core by itself asks up to three times on end when the connection fails or Reddit answers 401 or 5xx, sleeps in
its thread for up to ten minutes once the rate limit is used up, and knows no end for a body that trickles. Here the
first bad answer becomes our error, which passes through praw unchanged, so that lib/sources/patience.py alone repeats
anything; what the rate limit says goes to the pace that all workers share, and is kept from praw. It does not know what
is asked; its thread says that by `begin`.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import prawcore
import requests
import urllib3
from prawcore.const import ACCESS_TOKEN_PATH

from lib.errors import RateLimited, SourceError, Unavailable
from lib.sources.access import FromThreads, Rate
from lib.sources.patience import Patience
from lib.sources.reddit.verdicts import SOURCE, Question, answered_at, used_up, verdict, verdict_on_token

_CHUNK = 65_536


class Manners(NamedTuple):
    """How Reddit is asked. It allows 100 calls a minute to an application, on an average of ten minutes.

    `timeout_s` is for the connection, each pause in an answer, and the answer as a whole. `at_once` questions at most
    are under way in one process.
    """

    rate: Rate = Rate(60 / 90, burst=5)
    timeout_s: float = 15
    patience: Patience = Patience()
    at_once: int = 2


class Expired(Exception):
    """Reddit no longer accepts the token; `refusal` is what that amounts to if a new one is not accepted either."""

    def __init__(self, refusal: SourceError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class AccessFailed(Exception):
    """What the access raised (`cause`): it is not this thread's turn, or nobody can say whose it is."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class PoliteRequestor(prawcore.Requestor):
    """prawcore's requestor with manners. For one thread at a time."""

    def __init__(self, *, access: FromThreads, manners: Manners, **options: Any) -> None:
        super().__init__(session=requests.Session(), **options)
        self._access = access
        self._manners = manners
        self._question = Question("nothing")
        self.answered_at: datetime | None = None

    def begin(self, question: Question) -> None:
        """What is requested from now on is about `question`; `answered_at` will be Reddit's clock at its answer."""
        self._question, self.answered_at = question, None

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        """As the base class; raises SourceError, or Expired, for an answer that cannot hold what was asked for, and
        AccessFailed.
        """
        method, url = args
        host = urlsplit(url).netloc
        with _access():
            self._access.turn(host, self._manners.rate, patience_s=self._manners.patience.longest_s)
        for_token = url.endswith(ACCESS_TOKEN_PATH)
        question = Question("a token") if for_token else self._question
        try:
            answer = self._read(method, url, kwargs)
        except prawcore.RequestException as error:
            raise _no_answer(question, error.original_exception) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _no_answer(question, error) from error
        self._heed(host, question, answer, for_token=for_token)
        for name in [name for name in answer.headers if name.lower().startswith("x-ratelimit-")]:
            del answer.headers[name]
        return answer

    def _read(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        """The answer with its whole body."""
        deadline = monotonic() + self._manners.timeout_s
        began = super().request(method, url, timeout=self._manners.timeout_s, stream=True, **options)
        with began:
            body = io.BytesIO()
            # whatever has come, and not, as iter_content does, so much of it
            while chunk := began.raw.read1(_CHUNK, decode_content=True):
                body.write(chunk)
                if monotonic() > deadline:
                    raise requests.ReadTimeout
        body.seek(0)
        whole = requests.Response()
        whole.status_code, whole.reason, whole.url = began.status_code, began.reason, began.url
        whole.headers, whole.encoding, whole.request = began.headers, began.encoding, began.request
        whole.raw = body
        return whole

    def _heed(self, host: str, question: Question, answer: requests.Response, *, for_token: bool) -> None:
        now = datetime.now(UTC)
        status, headers = answer.status_code, answer.headers
        if for_token:
            error = verdict_on_token(status, headers, now=now)
        else:
            error = verdict(question, status, headers, answer.content, now=now)
            self.answered_at = answered_at(headers)
        until = error.until if isinstance(error, RateLimited) else used_up(headers, now=now)
        if until is not None:
            with _access():
                self._access.pause(host, self._manners.rate, until)
        if error is None:
            return
        if status == 401 and not for_token:
            raise Expired(error)
        raise error


@contextmanager
def _access() -> Iterator[None]:
    try:
        yield
    except Exception as cause:
        raise AccessFailed(cause) from cause


def _no_answer(question: Question, cause: Exception) -> Unavailable:
    match cause:
        case requests.Timeout() | urllib3.exceptions.TimeoutError():
            trouble = "no answer in time"
        case requests.exceptions.SSLError():
            trouble = "its certificate is not trusted"
        case requests.exceptions.ProxyError():
            trouble = "the proxy does not let it through"
        case _:
            trouble = "the connection failed"
    return Unavailable(
        SOURCE,
        f"Reddit cannot be reached: {trouble} when asked for {question.words}.",
        hint="Check this machine's way to the internet (www.reddit.com and oauth.reddit.com, port 443).",
    )
