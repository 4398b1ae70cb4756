"""A release from beginning to end, and the way back. It does not know who wants it, nor how a step is done.

Each step is written down before it is done, so that whoever comes after one that died goes on where it broke off.
"""

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from lib.domain.releases import Book, Finished, Kind, Phase, Record, Rules, gives_up, may_go, other
from lib.errors import ReleaseFailed, ReleaseRefused
from lib.release import deploying, migrating, switching, watching
from lib.release.asking import Asker
from lib.release.cluster import Cluster
from lib.release.lock import Lock, hold
from lib.release.removing import remove_colour
from lib.release.standing import Standing, observe
from lib.release.step import Done, Runner, plainly
from lib.release.words import SERVICES


class Wanted(NamedTuple):
    """What is asked for: `release` with an image, or none to end one that broke off; `rollback` to the image before.

    `host` is the name that pods are asked for, empty for their addresses.
    """

    kind: Kind = "release"
    image: str = ""
    services: tuple[str, ...] = SERVICES
    host: str = ""
    rules: Rules = Rules()


async def carry_out(cluster: Cluster, wanted: Wanted, holder: str, run: Runner = plainly) -> Finished:
    """Releases what is `wanted`, or takes the release before back, and returns how it ended.

    What an earlier one that died has left is ended first. Raises ReleaseRefused where it is not begun, ReleaseFailed
    where the new version is not in use, ReleaseLost, ClusterAway: then the next call goes on.
    """
    async with hold(cluster, holder) as lock:
        asker = Asker(wanted.host)
        try:
            return await _Conductor(cluster, lock, asker, wanted, run).conduct()
        finally:
            await asker.close()


class _Conductor:
    """One run: it may end an old release, and carry out a new one."""

    def __init__(self, cluster: Cluster, lock: Lock, asker: Asker, wanted: Wanted, run: Runner) -> None:
        self._cluster = cluster
        self._lock = lock
        self._asker = asker
        self._wanted = wanted
        self._run = run

    async def conduct(self) -> Finished:
        """The old one first."""
        wanted = self._wanted
        broken_off = self._lock.book.current
        if broken_off is not None:
            ended = await self._end(broken_off)
            if ended is not None:
                return ended
        standing = await self._observe(wanted.services)
        record = begin(self._lock.book, standing, wanted)
        await self._write(record)
        return await self._carry(record)

    async def _end(self, record: Record) -> Finished | None:
        """Ends what broke off. None: it is out of the way, and what is wanted is still to be done."""
        wanted = self._wanted
        if wanted.kind == "rollback" and record.kind == "release" and record.phase != "cleaning":
            # going back is what is wanted, and the colour before is still there
            record = msgspec.structs.replace(record, phase="returning", why=record.why or "A rollback was asked for.")
            await self._write(record)
            return await self._carry(record, asked=True)
        if gives_up(record, wanted.kind, wanted.image):
            words = f"It broke off while {record.phase}, and {wanted.image} is wanted instead."
            record = msgspec.structs.replace(record, phase="returning", why=words)
            await self._write(record)
            await self._carry(record, asked=True)
            return None
        ended = await self._carry(record)
        is_it = not wanted.image or (wanted.kind, wanted.image) == (record.kind, record.image)
        return ended if wanted.kind == "release" and is_it else None

    async def _carry(self, record: Record, *, asked: bool = False) -> Finished:
        """From the phase of `record` to the end. `asked`: that it is taken back is what was wanted, and no failure."""
        while True:
            try:
                following = await self._phase(record)
            except ReleaseFailed as error:
                if record.phase in ("cleaning", "returning"):
                    raise
                following = msgspec.structs.replace(record, phase="returning", why=str(error))
            if isinstance(following, Finished):
                if following.outcome == "taken back" and not asked:
                    raise ReleaseFailed(
                        f"{record.image} is taken back, {record.before_image} is in use: {record.why}",
                        hint="Its steps show what was found. Correct it, and release again.",
                    )
                return following
            record = following
            await self._write(record)

    async def _phase(self, record: Record) -> Record | Finished:
        cluster, lock, asker, rules = self._cluster, self._lock, self._asker, self._wanted.rules
        standing = await observe(cluster, record.services)
        match record.phase:
            case "migrating":
                if record.kind == "release":
                    await self._migrate(standing, record)
                return _at("deploying", record)
            case "deploying":
                await self._run("deploy", lambda: deploying.deploy(cluster, lock, standing, record))
                await self._run("wait for the rollout", lambda: deploying.await_rollout(cluster, record, rules))
                return _at("probing", record)
            case "probing":
                await self._run("probe", lambda: watching.probe(cluster, asker, standing, record, rules))
                return _at("switching", record)
            case "switching":
                await self._run("switch", lambda: switching.switch(cluster, lock, record, record.after))
                return _at("watching", record)
            case "watching":
                await self._watch(standing, record)
                return _at("cleaning", record)
            case "cleaning":
                await self._run("clean up", lambda: self._clean_up(record))
                return await self._finish(record, "kept")
            case "returning":
                await self._run("go back", lambda: self._return(record))
                return await self._finish(record, "taken back")

    async def _migrate(self, standing: Standing, record: Record) -> None:
        rules = self._wanted.rules
        removed = await self._run(
            "contract the schema", lambda: migrating.contract(self._cluster, standing, record, rules)
        )
        if removed.value:
            # the version before the one in use does not know the schema any more
            await self._lock.write(msgspec.structs.replace(self._lock.book, previous=""))
        await self._run("expand the schema", lambda: migrating.expand(self._cluster, standing, record, rules))

    async def _watch(self, standing: Standing, record: Record) -> None:
        cluster, rules = self._cluster, self._wanted.rules
        before = await watching.counts(cluster, self._asker, standing, record)
        # one that broke off may have switched some of them
        if set(standing.selected.values()) != {record.after}:
            await self._run("switch", lambda: switching.switch(cluster, self._lock, record, record.after))
        await switching.carry_autoscalers(cluster, self._lock, record)
        await self._run(
            "watch", lambda: watching.watch(cluster, self._asker, standing, record, rules, before)
        )  # fmt: skip

    async def _clean_up(self, record: Record) -> Done:
        seconds = await remove_colour(self._cluster, self._lock, record.services, record.before)
        standing = await observe(self._cluster, record.services)
        return Done(f"{record.before} is gone after {seconds:.1f} s; {record.after} stays.", standing.rows())

    async def _return(self, record: Record) -> Done:
        standing = await observe(self._cluster, record.services)
        if set(standing.selected.values()) != {record.before}:
            await switching.switch(self._cluster, self._lock, record, record.before)
            await switching.drain(self._wanted.rules.drain_s)
        seconds = await remove_colour(self._cluster, self._lock, record.services, record.after)
        standing = await observe(self._cluster, record.services)
        return Done(
            f"{record.before} serves, {record.after} is gone after {seconds:.1f} s. {record.why}", standing.rows()
        )

    async def _observe(self, services: tuple[str, ...]) -> Standing:
        async def look() -> Done:
            standing = await observe(self._cluster, services)
            colour = standing.colour
            return Done(f"{colour} is in use with {standing.image(colour)}.", standing.rows(), standing)

        found: Standing = (await self._run("observe", look)).value
        return found

    async def _write(self, record: Record) -> None:
        await self._lock.write(msgspec.structs.replace(self._lock.book, current=record))

    async def _finish(self, record: Record, outcome: Any) -> Finished:
        kept = outcome == "kept"
        ended = Finished(
            id=record.id,
            kind=record.kind,
            outcome=outcome,
            image=record.image if kept else record.before_image,
            colour=record.after if kept else record.before,
            at=datetime.now(UTC),
            why=record.why,
        )
        previous = self._lock.book.previous
        if kept:
            # what was gone back from is no place to go back to
            previous = record.before_image if record.kind == "release" else ""
        await self._lock.write(Book(last=ended, previous=previous))
        return ended


def begin(book: Book, standing: Standing, wanted: Wanted) -> Record:
    """The record of a new release. Raises ReleaseRefused where it makes no sense as things stand."""
    before = standing.colour
    in_use = standing.image(before)
    image = wanted.image
    if wanted.kind == "rollback":
        image = image or book.previous
        if not image:
            raise ReleaseRefused(
                f"There is no version to go back to from {in_use}.",
                hint="None was released before it, or the schema has left it behind. Release an image by its name.",
            )
    if not image:
        raise ReleaseRefused("Which image?", hint="Name it, as registry.example.com/insitechart:1.2.3.")
    if image == in_use:
        raise ReleaseRefused(
            f"{image} is in use already.", hint="Name another image; one name must not stand for two images."
        )
    # a colour that is not whole is nothing to come back to
    why = may_go(other(before), (), standing.available(before))
    if why:
        raise ReleaseRefused(f"The colour in use does not serve everything: {why}", hint="Bring it up first.")
    return Record(
        id=uuid.uuid4().hex[:12],
        kind=wanted.kind,
        image=image,
        before_image=in_use,
        before=before,
        after=other(before),
        services=tuple(standing.services),
        begun_at=datetime.now(UTC),
    )


def _at(phase: Phase, record: Record) -> Record:
    return msgspec.structs.replace(record, phase=phase)
