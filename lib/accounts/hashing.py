"""Hashes passwords with argon2id, outside of the event loop. It does not know whose they are.

Each check takes its memory for a while, so only a few are done at once and few wait: a flood of logins is answered with
Overloaded, and neither fills the memory nor keeps others waiting. Who asks about nobody's password waits as long as for
a wrong one.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from lib.errors import Overloaded
from lib.metrics import PASSWORD_CHECKS

WAITING_PER_WORKER = 16
_RETRY_AFTER_S = 2

Result = TypeVar("Result")


class Verdict(NamedTuple):
    """`renewed` is a hash with today's parameters, where the one that was right has older ones."""

    right: bool
    renewed: str | None = None


class Passwords:
    """argon2id with `memory_mib` MiB and `rounds` passes a check, `workers` checks at once. To be closed."""

    def __init__(self, *, memory_mib: int, rounds: int, workers: int) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_mib * 1024, parallelism=1, type=Type.ID)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._most = workers * (1 + WAITING_PER_WORKER)
        self._under_way = 0
        self._nobodys: str | None = None

    def close(self) -> None:
        """Lets what is under way finish, and nothing else."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The hash of `password`, normalised. Raises Overloaded."""
        return await self._outside(lambda: self._hasher.hash(password))

    async def check(self, password: str, known: str | None) -> Verdict:
        """Whether `known` is the hash of `password`; with None it is not, and takes as long. Raises Overloaded."""
        return await self._outside(lambda: self._check(password, known))

    def _check(self, password: str, known: str | None) -> Verdict:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_urlsafe())
        try:
            self._hasher.verify(known or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        if known is None:
            return Verdict(right=False)
        return Verdict(True, self._hasher.hash(password) if self._hasher.check_needs_rehash(known) else None)

    async def _outside(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= self._most:
            PASSWORD_CHECKS.labels("refused").inc()
            raise Overloaded(
                "Too many passwords are being checked.", retry_after_s=_RETRY_AFTER_S, hint="Try again shortly."
            )
        self._under_way += 1
        PASSWORD_CHECKS.labels("done").inc()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._under_way -= 1
