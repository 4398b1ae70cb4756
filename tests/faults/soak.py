"""A soak: a provider publishes while the collector, a process of its own, is killed again and again and a third of its
calls go wrong. It does not know which provider.

What must hold at the end: everything the provider ever published is stored exactly once as it last read, or lies in a
window that coverage says was not heard; what was deleted is gone; the bill is covered by our accounts and within the
budget.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

from lib.db.asking.circuits import close_circuits
from lib.db.pool import Pool
from lib.domain.coverage import uncovered
from tests.faults.chance import Chance

_POSTS = "SELECT external_id, text, title, deleted_at FROM posts WHERE source = $1"

_HEARD = """
SELECT stream, window_start, window_end FROM coverage WHERE source = $1 AND state IN ('ok', 'empty')
"""

_UNHEARD = """
SELECT stream, window_start, window_end FROM coverage WHERE source = $1 AND state NOT IN ('ok', 'empty')
"""

_SPENT = "SELECT coalesce(sum(dollars), 0) FROM spend WHERE source = $1"

_STORED = "SELECT (SELECT count(*) FROM posts) + (SELECT count(*) FROM bars)"

# a collector that was told to wait, or whose provider is down, ends by itself long before this
_PATIENCE_S = 1200


class Item(NamedTuple):
    """What a provider published: its id as we store it, when, in which stream, and how it reads now (None: deleted)."""

    external_id: str
    published_at: datetime
    stream: str
    text: str | None


class Provider(Protocol):
    """A local provider under soak. `commands` collect from it, one after the other, and `at_last` once more when all is
    published; `chance` says what goes wrong.

    What is younger than `settles_s` need not be found yet.
    """

    name: str
    commands: Sequence[Sequence[str]]
    at_last: Sequence[Sequence[str]]
    chance: Chance
    settles_s: float

    @property
    def environment(self) -> Mapping[str, str]:
        """Under which the collector reaches it, with all its settings."""
        ...

    @property
    def calls(self) -> int:
        """How often it was called so far."""
        ...

    def publish(self, chance: random.Random, count: int) -> None:
        """Publishes `count` more items, edits and deletes a few of those before."""
        ...

    async def check(self, pool: Pool) -> int:
        """Asserts that nothing is missing, doubled, stale or kept though deleted; returns how much is lost, all of it
        in windows that coverage says were not heard.
        """
        ...


class Report(NamedTuple):
    """What a soak did and found."""

    items: int
    runs: int
    kills: int
    calls: int
    spoiled: int
    lost: int
    dollars: Decimal
    seconds: float

    def __str__(self) -> str:
        share = f"{self.spoiled} of {self.calls} calls spoiled"
        bill = f", ${self.dollars} spent" if self.dollars else ""
        runs = f"{self.runs} runs, {self.kills} killed"
        return f"{self.items} published, {runs}, {share}, {self.lost} lost{bill}, {self.seconds:.0f} s"


class Collector:
    """The collector as a process of its own: the command a person would type, with nothing of this process."""

    def __init__(self, provider: Provider, database_url: str, folder: Path) -> None:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("INSITECHART_", "PREFECT_"))}
        own = {
            "INSITECHART_DATABASE_URL": database_url,
            "INSITECHART_HOME": str(folder),
            "INSITECHART_LOG_LEVEL": "warning",
        }
        self._environment = {**kept, **own, **provider.environment}
        self._provider = provider
        self._log = folder / "collector.log"

    def run(self, *, kill_after_s: float | None = None) -> bool:
        """Runs it to its end, or kills it that long after its first call of this run. True where it was killed."""
        return any(self._run(command, kill_after_s) for command in self._provider.commands)

    def finish(self) -> None:
        """Runs what is left to do once nothing is published any more."""
        for command in self._provider.at_last:
            self._run(command, None)

    def _run(self, command: Sequence[str], kill_after_s: float | None) -> bool:
        before = self._provider.calls
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "deployments.cli", *command],
                env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                if kill_after_s is not None:
                    self._wait_for_a_call(process, before)
                    try:
                        process.wait(kill_after_s)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
                        return True
                code = process.wait(_PATIENCE_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        assert code == 0, self._log.read_text("utf-8", "replace")[-4000:]
        return False

    def _wait_for_a_call(self, process: "subprocess.Popen[bytes]", before: int) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while self._provider.calls == before and process.poll() is None:
            assert time.monotonic() < deadline, "the collector asks nothing"
            time.sleep(0.005)


async def soak(
    provider: Provider, pool: Pool, database_url: str, folder: Path, *, seed: int, items: int, kills: int, batch: int
) -> Report:
    """Publishes `items` in batches of about `batch`, a collection after each; `kills` of the collections are killed at
    random moments. Ends with collections undisturbed until nothing new comes, and asserts what must hold.
    """
    began = time.monotonic()
    chance = random.Random(seed)
    collector = Collector(provider, database_url, folder)
    rounds = max(-(-items // batch), 1)
    doomed = Counter(chance.randrange(rounds) for _ in range(kills))
    runs = killed = published = 0
    for number in range(rounds):
        count = min(batch, items - published)
        provider.publish(chance, count)
        published += count
        for _ in range(doomed[number]):
            while not await asyncio.to_thread(collector.run, kill_after_s=chance.uniform(0.0, 1.0)):
                runs += 1
                await _a_person_acts(pool, provider)
            runs, killed = runs + 1, killed + 1
        await asyncio.to_thread(collector.run)
        runs += 1
        await _a_person_acts(pool, provider)
    provider.chance.calm = True
    await asyncio.sleep(provider.settles_s)
    known = -1
    while known != (known := await pool.fetchval(_STORED)):
        await asyncio.to_thread(collector.run)
        runs += 1
    await asyncio.to_thread(collector.finish)
    lost = await provider.check(pool)
    spent = await pool.fetchval(_SPENT, provider.name)
    seconds = time.monotonic() - began
    counts = provider.chance.counts
    return Report(published, runs, killed, counts["calls"], counts["spoiled"], lost, spent, seconds)


async def check_posts(pool: Pool, source: str, items: Sequence[Item], bill: Decimal | None = None) -> int:
    """What Provider.check promises, for posts; of two items with the same id the later one counts."""
    rows = await pool.fetch(_POSTS, source)
    stored = {row["external_id"]: row for row in rows}
    assert len(stored) == len(rows)
    unknown = stored.keys() - {item.external_id for item in items}
    assert not unknown, f"stored, and never published: {sorted(unknown)[:5]}"
    heard, unheard = await _windows(pool, _HEARD, source), await _windows(pool, _UNHEARD, source)
    lost = 0
    for item in items:
        row = stored.get(item.external_id)
        if row is None:
            if item.text is None:
                continue
            lost += 1
            assert _never_heard(item, heard.get(item.stream, []), unheard.get(item.stream, [])), f"{item} is missing"
        elif item.text is None:
            assert row["deleted_at"] is not None, f"{item} is kept though deleted"
            assert row["text"] is None
        else:
            assert row["deleted_at"] is None, f"{item} is forgotten though it is there"
            assert row["text"] == item.text, f"{item} reads {row['text'][:80]!r}"
    if bill is not None:
        spent = await pool.fetchval(_SPENT, source)
        assert spent >= bill, f"{bill} was charged, {spent} stands in the accounts"
    return lost


async def _a_person_acts(pool: Pool, provider: Provider) -> None:
    # 401, 402 and 403 are among the faults; in real life somebody would look, and press the button
    await close_circuits(pool, provider.name, by="the soak")


async def _windows(pool: Pool, statement: str, source: str) -> dict[str, list[tuple[datetime, datetime]]]:
    windows: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in await pool.fetch(statement, source):
        windows.setdefault(row["stream"], []).append((row["window_start"], row["window_end"]))
    return windows


def _never_heard(item: Item, heard: list[tuple[datetime, datetime]], unheard: list[tuple[datetime, datetime]]) -> bool:
    for start, end in unheard:
        for since, until in uncovered(start, end, heard):
            if since <= item.published_at < until:
                return True
    return False
