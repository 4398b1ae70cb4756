"""One release at a time: a Lease of Kubernetes as the lock, and the book of releases in its annotations, so that both
are changed together or not at all. It does not know what a release does.

A holder renews the lease; one that died stops to, and somebody else takes it. Clocks of two machines are never compared
alone: whoever takes a lease has seen that it was not renewed meanwhile.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from lib.domain.releases import Book
from lib.errors import InsiteChartError, ReleaseLost, ReleaseRefused
from lib.logs import get_logger
from lib.release.cluster import Cluster, Collision, Object
from lib.release.words import BOOK, LEASE

log = get_logger(__name__)

LASTS_S = 20
RENEWED_S = 4.0
_LETTING_GO_S = 10.0


class Lock:
    """The lease while it is ours, and the book in it."""

    def __init__(self, cluster: Cluster, holder: str, lease: Object) -> None:
        self._cluster = cluster
        self._holder = holder
        self._lease = lease
        self._turn = asyncio.Lock()
        self._renewed = time.monotonic()
        self._is_lost = False

    @property
    def book(self) -> Book:
        """As it was last read or written."""
        return _book(self._lease)

    async def write(self, book: Book) -> None:
        """Writes `book`. Raises ReleaseLost where the lease is not ours any more, ClusterAway."""
        await self._change(lambda lease: _write_book(lease, book))

    async def ensure(self) -> None:
        """Returns once it is certain that the lease is ours; to be awaited before anything is changed.

        Raises ReleaseLost, ClusterAway.
        """
        if self._is_lost or time.monotonic() - self._renewed > LASTS_S / 2:
            await self.renew()

    async def renew(self) -> None:
        """Raises ReleaseLost, ClusterAway."""
        await self._change(lambda _: None)

    async def release(self) -> None:
        """Lets go of it; the book stays."""

        def let_go(lease: Object) -> None:
            lease["spec"]["holderIdentity"] = ""

        await self._change(let_go)

    async def _change(self, change: Callable[[Object], None]) -> None:
        async with self._turn:
            while True:
                # the moment before asking counts: the server may have written it right then
                asked = time.monotonic()
                wanted = msgspec.json.decode(msgspec.json.encode(self._lease))
                wanted["spec"]["renewTime"] = _written(datetime.now(UTC))
                change(wanted)
                try:
                    self._lease = await self._cluster.replace("leases", wanted)
                except Collision:
                    await self._read_again()
                    continue
                self._renewed = asked
                return

    async def _read_again(self) -> None:
        found = await self._cluster.get("leases", LEASE)
        if found is None or found["spec"].get("holderIdentity") != self._holder:
            self._is_lost = True
            whose = "nobody" if found is None else found["spec"].get("holderIdentity") or "nobody"
            raise ReleaseLost(
                f"The lock of releases belongs to {whose} now, not to {self._holder}; nothing more is done here.",
                hint=f"See what {whose} does, and run `insitechart release` to see how things stand.",
            )
        self._lease = found


@asynccontextmanager
async def hold(cluster: Cluster, holder: str) -> AsyncIterator[Lock]:
    """The lock of this namespace, held and renewed until left. `holder` says to people who that is.

    Raises ReleaseRefused naming the holder where somebody else has it, ReleaseLost, ClusterAway.
    """
    lock = Lock(cluster, holder, await _take(cluster, holder))
    renewing = asyncio.create_task(_keep(lock))
    try:
        yield lock
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing
        # whoever cannot reach the server leaves it to end by itself
        with contextlib.suppress(InsiteChartError, TimeoutError):
            async with asyncio.timeout(_LETTING_GO_S):
                await lock.release()


async def read_book(cluster: Cluster) -> tuple[Book, str]:
    """The book, and who holds the lock now, empty where nobody does. Changes nothing."""
    lease = await cluster.get("leases", LEASE)
    if lease is None:
        return Book(), ""
    holder = str(lease["spec"].get("holderIdentity") or "")
    return _book(lease), holder if _seems_held(lease) else ""


async def _keep(lock: Lock) -> None:
    while True:
        await asyncio.sleep(RENEWED_S)
        try:
            await lock.renew()
        except ReleaseLost:
            # the next step finds out, and stops
            return
        except InsiteChartError as error:
            log.warning("lock of releases not renewed", error=str(error))


async def _take(cluster: Cluster, holder: str) -> Object:
    while True:
        lease = await cluster.get("leases", LEASE)
        try:
            if lease is None:
                return await cluster.create("leases", _taken({"metadata": {"name": LEASE}}, holder))
            whose = lease["spec"].get("holderIdentity")
            if whose and whose != holder:
                await _see_that_it_is_over(cluster, lease)
            return await cluster.replace("leases", _taken(lease, holder))
        except Collision:
            continue


async def _see_that_it_is_over(cluster: Cluster, lease: Object) -> None:
    if not _seems_held(lease):
        await asyncio.sleep(2 * RENEWED_S)
        again = await cluster.get("leases", LEASE)
        if again is None or again["spec"].get("renewTime") == lease["spec"].get("renewTime"):
            return
        lease = again
    whose, since = lease["spec"].get("holderIdentity"), lease["spec"].get("acquireTime", "")
    raise ReleaseRefused(
        f"Another release is under way: {whose} holds the lock since {since[:19]}Z.",
        hint=f"Wait until it has ended. Should it have died, the lock is free {LASTS_S} s after its last sign of life.",
    )


def _seems_held(lease: Object) -> bool:
    spec = lease["spec"]
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return False
    lasts = timedelta(seconds=spec.get("leaseDurationSeconds") or LASTS_S)
    return datetime.fromisoformat(spec["renewTime"]) + lasts > datetime.now(UTC)


def _taken(lease: Object, holder: str) -> Object:
    now, spec = _written(datetime.now(UTC)), lease.get("spec") or {}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": lease["metadata"],
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": LASTS_S,
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": (spec.get("leaseTransitions") or 0) + 1,
        },
    }


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _book(lease: Object) -> Book:
    written = (lease["metadata"].get("annotations") or {}).get(BOOK)
    if not written:
        return Book()
    try:
        return msgspec.json.decode(written, type=Book)
    except msgspec.DecodeError as error:
        raise ReleaseRefused(
            f"What lease {LEASE} says of releases cannot be read: {error}.",
            hint=f"See `kubectl get lease {LEASE} -o yaml`; remove the annotation {BOOK} to begin anew.",
        ) from None


def _write_book(lease: Object, book: Book) -> None:
    lease["metadata"].setdefault("annotations", {})[BOOK] = msgspec.json.encode(book).decode()
