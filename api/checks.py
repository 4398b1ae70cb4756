"""What readiness looks at: one check for each part that answers depend on. It does not know which parts there are."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from lib.db.health import missing_migrations
from lib.db.pool import Pool
from lib.errors import InsiteChartError
from lib.keyring.ring import Keyring
from lib.live.versions import DataVersions

if TYPE_CHECKING:
    from lib.cache.redis import RedisLink

PATIENCE_S = 2.0

State = Literal["ok", "degraded", "unavailable"]


class Part(Struct, frozen=True):
    """One part that answers depend on: `ok`; `degraded` where answers are right without it, but slower or less
    strictly limited; `unavailable` with what is wrong.
    """

    state: State
    detail: str | None = None
    ms: Annotated[float | None, Meta(description="How long it took to find out.")] = None


Check: TypeAlias = Callable[[], Awaitable[Part]]


class Checks:
    """The checks of one process by the name of the part. Whoever opens a part at the start adds its check here."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._looking: asyncio.Task[dict[str, Part]] | None = None

    def add(self, name: str, check: Check) -> None:
        """`check` says how the part `name` stands. It may raise an InsiteChartError or take long: then the part is
        unavailable.
        """
        self._checks[name] = check

    async def all(self) -> dict[str, Part]:
        """Every part by its name, all looked at side by side. Who asks while somebody else does hears the same: anybody
        may ask, and however many do, each part is asked once at a time.
        """
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_at_all())
        return await asyncio.shield(self._looking)

    async def _look_at_all(self) -> dict[str, Part]:
        found = await asyncio.gather(*(_look(name, check) for name, check in self._checks.items()))
        return dict(zip(self._checks, found, strict=True))


def worst(parts: dict[str, Part]) -> State:
    """The state of the whole: that of its worst part."""
    order: tuple[State, ...] = ("ok", "degraded", "unavailable")
    return max((part.state for part in parts.values()), key=order.index, default="ok")


async def _look(name: str, check: Check) -> Part:
    begun = perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await check()
    except TimeoutError:
        return Part("unavailable", f"The {name} did not answer within {PATIENCE_S:g} s.")
    except InsiteChartError as error:
        return Part("unavailable", str(error))
    return Part(found.state, found.detail, round((perf_counter() - begun) * 1000, 2))


def database_check(pool: Pool) -> Check:
    """PostgreSQL answers, and has the schema of this code."""

    async def check() -> Part:
        missing = await missing_migrations(pool)
        if missing:
            return Part(
                "unavailable", f"The schema is too old: {', '.join(missing)} missing. Run `insitechart migrate`."
            )
        return Part("ok")

    return check


def redis_check(link: "RedisLink") -> Check:
    """Redis answers. Without it every process goes on alone."""

    async def check() -> Part:
        if await link.check() == "ok":
            return Part("ok")
        # why is in the log: this is told to anybody
        return Part("degraded", "Redis does not answer: limits and answers are kept by each process.")

    return check


def keys_check(keyring: Keyring) -> Check:
    """The secret keys are those of their file. Where it cannot be read again those of before are in force."""

    async def check() -> Part:
        if keyring.is_current:
            return Part("ok")
        return Part("degraded", "The secret keys cannot be read again: those of before are in force.")

    return check


def changes_check(heard: DataVersions) -> Check:
    """Changes of data are heard of. Without that every answer is computed anew, and streams are quiet."""

    async def check() -> Part:
        if heard.known:
            return Part("ok")
        return Part("degraded", "Changes are not heard of: no answer is kept, and streams say so.")

    return check
