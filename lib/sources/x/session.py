"""The session that tweepy asks through: it bounds the time, and a bad answer ends the question at once as our error.

tweepy sets no timeout of its own, and reads what went wrong out of bodies that may be anything. Here an answer other
than 200 never reaches it. The session does not know what is asked.
"""

import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import RequestException, SSLError, Timeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from lib.errors import SourceError, Unavailable
from lib.sources.x.answers import SOURCE
from lib.sources.x.verdicts import clock, verdict


class Undelivered(Exception):
    """X delivered nothing, so there is nothing to pay: `error` says why, `said` is X's time if it answered at all."""

    def __init__(self, error: SourceError, said: datetime | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.said = said


class XSession(requests.Session):
    """A session with manners; used by one thread."""

    def __init__(self, timeout_s: float, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._timeout_s = timeout_s
        self._clock = clock

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """As the base class. Raises Undelivered, or Unavailable where nobody knows what X has delivered."""
        options["timeout"] = self._timeout_s
        try:
            answer = super().request(method, url, *args, **options)
        except RequestException as error:
            trouble = Unavailable(
                SOURCE,
                f"X cannot be reached: {_trouble(error)}.",
                hint="Check this machine's way to the internet (api.twitter.com, port 443).",
            )
            if _never_sent(error):
                raise Undelivered(trouble) from error
            raise trouble from error
        bad = verdict(answer.status_code, answer.headers, answer.content, now=self._clock())
        if bad is not None:
            raise Undelivered(bad, clock(answer.headers))
        return answer


def _never_sent(error: RequestException) -> bool:
    """Whether the question cannot have reached X."""
    reason: object = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, ProxyError):
        # a connection lost later looks like this, too
        reason = reason.original_error
        if type(reason) is OSError:
            return str(reason).startswith("Tunnel connection failed")
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in getattr(reason, "args", ()))


def _trouble(error: RequestException) -> str:
    match error:
        case Timeout():
            return "no answer in time"
        case SSLError():
            return "its certificate is not trusted"
        case NoConnection():
            return "the connection failed, there may be no network"
    return "the answer broke off"
