"""One client of one Redis, and whether it answers. It does not know what is kept there.

Redis may go away at any time, and nobody is to wait for it twice: after a failure every use fails at once for RETRY_S,
then one of them tries again. Going and coming back are logged once and counted, never hidden.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Literal, TypeAlias

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from lib.errors import ConfigurationError, RedisAway
from lib.logs import get_logger
from lib.metrics import REDIS_FAILURES, REDIS_UP

log = get_logger(__name__)

Client: TypeAlias = Redis
State = Literal["ok", "away"]

PREFIX = "insitechart:"
CONNECTIONS = 16
CONNECT_S = 0.5
ANSWER_S = 0.5
RETRY_S = 1.0


class RedisLink:
    """The client and its state. Every use goes through `asking()`, which turns its failures into RedisAway."""

    def __init__(self, client: Client, place: str) -> None:
        self.client = client
        self.place = place
        self.state: State = "ok"
        self.failure = ""
        self._retry_at = 0.0

    @property
    def worth_asking(self) -> bool:
        """False while it is known to be away and the next try is not due."""
        return self.state == "ok" or monotonic() >= self._retry_at

    @contextmanager
    def asking(self, use: str) -> Iterator[Client]:
        """The client, for one question; `use` is the reason's one word in the metrics. Raises RedisAway, at once while
        it is known to be away.
        """
        if self.state == "away":
            if monotonic() < self._retry_at:
                self.failed(use)
                raise RedisAway(self.place, self.failure)
            # this use is the one that tries; the others go on failing at once
            self._retry_at = monotonic() + RETRY_S
        try:
            yield self.client
        except (RedisError, OSError, TimeoutError) as error:
            self.failed(use)
            self._went_away(error)
            raise RedisAway(self.place, self.failure) from error
        self._came_back()

    def failed(self, use: str) -> None:
        """Counts a use that went without Redis."""
        REDIS_FAILURES.labels(use).inc()

    async def check(self) -> State:
        """Asks it now, due or not, and says how it stands."""
        self._retry_at = 0.0
        try:
            with self.asking("check") as client:
                await client.ping()
        except RedisAway:
            pass
        return self.state

    def _went_away(self, error: BaseException) -> None:
        self.failure = str(error).rstrip(".") or type(error).__name__
        self._retry_at = monotonic() + RETRY_S
        if self.state == "ok":
            self.state = "away"
            REDIS_UP.set(0)
            log.warning("redis away", place=self.place, error=self.failure)

    def _came_back(self) -> None:
        REDIS_UP.set(1)
        if self.state == "away":
            self.state, self.failure = "ok", ""
            log.info("redis is back", place=self.place)


@asynccontextmanager
async def open_redis(url: str, *, application: str) -> AsyncIterator[RedisLink]:
    """A client of the Redis at `url` (redis://, rediss:// or unix://), closed on leaving. One that does not answer is
    away, which is no error here. Raises ConfigurationError for what is no such address.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=ANSWER_S,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=ANSWER_S,
            client_name=application,
            retry=Retry(NoBackoff(), 0),
            # where it listens for them, redis-py hands out connections that the server has closed
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
    except ValueError as error:
        raise ConfigurationError(
            f"INSITECHART_REDIS_URL is no address of a Redis: {error}.", hint="Write redis://host:6379/0."
        ) from None
    client = Redis.from_pool(pool)
    link = RedisLink(client, _place_of(pool))
    await link.check()
    try:
        yield link
    finally:
        with suppress(RedisError, OSError, TimeoutError):
            await asyncio.wait_for(client.aclose(), timeout=2)


def key(*parts: str) -> str:
    """The name under which something is kept.

    >>> key("limits", "user:1")
    'insitechart:limits:user:1'
    """
    return PREFIX + ":".join(parts)


def _place_of(pool: BlockingConnectionPool) -> str:
    where = pool.connection_kwargs
    return str(where.get("path") or f"{where.get('host', 'localhost')}:{where.get('port', 6379)}")
