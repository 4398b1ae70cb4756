"""The runbooks, typed as they stand there: each disaster is brought about on a whole platform, and its steps lead out.

What a person would fill in is filled in here: the moment, the id of a backup, and where the API answers.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from deployments.local.instance import holder
from lib.db.pool import open_pool
from lib.db.recovery.backups import backups_of
from lib.db.recovery.notices import last_notice, write_notice
from lib.db.recovery.wal import wal_standings
from lib.platform import read_state
from tests.acceptance.conftest import RunningPlatform
from tests.support.runbooks import RUNBOOKS, Command, missing_lines, read_runbook
from tests.support.trials import trials

MOMENT, BACKUP = "2026-11-23 04:05:06Z", "20261123T040506Z-9f3a1c"


class Desk:
    """Somebody in the project's folder of an installation, with the runbooks open. What is exported stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = RunningPlatform(folder / ".insitechart")
        self.words = {MOMENT: MOMENT, BACKUP: BACKUP}
        self._exported = folder / ".exported"

    def type(self, command: Command) -> str:
        """Types a command; what it says. Fails where it fails."""
        text = command.text
        for written, meant in self.words.items():
            text = text.replace(written, meant)
        state = read_state(self.platform.home)
        places = {"API": state.api_url if state else "", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        script = f"[ -e {self._exported} ] && . {self._exported}\n" + "".join(
            f"export {name}='{value}'\n" for name, value in places.items()
        )
        script += f"set -e -o pipefail\n{text}\nexport -p > {self._exported}\n"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.platform.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
            check=False,
        )  # fmt: skip
        where = f"{command.file}:{command.line}: {text}\n{done.stdout}"
        assert done.returncode == 0, where
        wanted = tuple(line.replace(MOMENT, self.words[MOMENT]) for line in command.prints)
        assert missing_lines(wanted, done.stdout) == [], where
        return done.stdout

    def start(self) -> None:
        """Sees that the platform runs, and forgets what was exported."""
        self._exported.unlink(missing_ok=True)
        if read_state(self.platform.home) is None:
            started = self.platform.run("up", "--detach", "--no-sample", seconds=400)
            assert started.returncode == 0, started.stdout + started.stderr

    def note(self, subject: str) -> None:
        """Writes something down in the database."""
        asyncio.run(self._note(subject))

    def has(self, subject: str) -> bool:
        """Whether it is there."""
        return asyncio.run(self._has(subject))

    async def _note(self, subject: str) -> None:
        async with open_pool(self.platform.database_url, application="insitechart-test", max_size=1) as pool:
            await write_notice(pool, subject, "ok", datetime.now(UTC), "")

    async def _has(self, subject: str) -> bool:
        async with open_pool(self.platform.database_url, application="insitechart-test", max_size=1) as pool:
            return await last_notice(pool, subject) is not None

    def moment_in_the_store(self) -> str:
        """A moment (UTC) of which the store has everything, as it is typed; nothing is written in its second."""
        time.sleep(1.1)
        moment = datetime.now(UTC).replace(microsecond=0)
        time.sleep(1.1)
        asyncio.run(self._until_safe(moment + timedelta(seconds=1)))
        return f"{moment:%Y-%m-%d %H:%M:%S}Z"

    async def _until_safe(self, moment: datetime) -> None:
        async with open_pool(self.platform.database_url, application="insitechart-test", max_size=1) as pool:
            async with asyncio.timeout(120):
                while not any(one.safe_until >= moment for one in await wal_standings(pool)):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)

    async def newest(self) -> str:
        """The id of the newest good logical backup."""
        async with open_pool(self.platform.database_url, application="insitechart-test", max_size=1) as pool:
            [found] = await backups_of(pool, kind="logical", states=["good"], limit=1)
        return found.id


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A platform that runs, with one good backup of each kind."""
    folder = tmp_path_factory.mktemp("project")
    opened = Desk(folder)
    try:
        opened.start()
        for arguments in (("backup", "take"), ("backup", "take", "--base")):
            taken = opened.platform.run(*arguments, seconds=600)
            assert taken.returncode == 0, taken.stdout + taken.stderr
        opened.words[BACKUP] = asyncio.run(opened.newest())
        yield opened
    finally:
        if holder(opened.platform.home) is not None:
            opened.platform.run("down")


def lose_the_database(desk: Desk) -> None:
    """Its folder is gone."""
    desk.note("before the disaster")
    desk.words[MOMENT] = desk.moment_in_the_store()
    desk.platform.run("down")
    shutil.rmtree(desk.platform.home / "postgres")


def lose_the_server(desk: Desk) -> None:
    """Only the store and a copy of the key are left."""
    desk.note("before the disaster")
    desk.words[MOMENT] = desk.moment_in_the_store()
    desk.platform.run("down")
    home, store, key = desk.platform.home, desk.folder / "store", desk.folder / "copy-of-backup-keys"
    shutil.copytree(home / "backups", store)
    shutil.copy(home / "secrets" / "backup-keys", key)
    shutil.rmtree(home)
    desk.platform.environment |= {
        "INSITECHART_BACKUP_STORE": str(store),
        "INSITECHART_BACKUP_KEYS_FILE": str(key),
    }


def spoil_the_data(desk: Desk) -> None:
    """Something was done that ought not to have been."""
    desk.note("before the disaster")
    desk.words[MOMENT] = desk.moment_in_the_store()
    desk.note("the disaster")


def lose_the_store(desk: Desk) -> None:
    """All of it is gone."""
    shutil.rmtree(desk.platform.environment.get("INSITECHART_BACKUP_STORE", str(desk.platform.home / "backups")))


def lose_the_key(desk: Desk) -> None:
    """The file is gone; a copy lies elsewhere."""
    file = desk.platform.home / "secrets" / "backup-keys"
    shutil.move(file, desk.folder / "copy-of-backup-keys")


def kill_the_services(desk: Desk) -> None:
    """Every process of the API and the flows is killed at once."""
    for process in desk.platform.processes():
        with suppress(psutil.Error):
            if any(word in process.cmdline() for word in ("api", "deployments.local.flows")):
                process.kill()


def restored(desk: Desk) -> None:
    """What was there before is there again, and what was wrong is not."""
    assert desk.has("before the disaster")
    assert not desk.has("the disaster")


def well(desk: Desk) -> None:
    """There is nothing else to see than what the steps have shown."""
    assert read_state(desk.platform.home) is not None


# in this order, for the last ones take away what the others need
BOOKS: dict[str, tuple[Callable[[Desk], None], Callable[[Desk], None]]] = {
    "key-lost": (lose_the_key, well),
    "services-down": (kill_the_services, well),
    "bad-data": (spoil_the_data, restored),
    "release-went-wrong": (spoil_the_data, restored),
    "database-lost": (lose_the_database, restored),
    "server-lost": (lose_the_server, restored),
    "store-lost": (lose_the_store, well),
}


# every one is followed by make trials; what takes minutes each is not with every run
NAMES = list(BOOKS)[: trials(len(BOOKS), 1)]


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_lead_out_of_the_disaster(desk: Desk, name: str) -> None:
    bring_about, is_over = BOOKS[name]
    desk.start()
    bring_about(desk)
    for command in read_runbook(RUNBOOKS / "en" / f"{name}.md"):
        if not command.elsewhere:
            desk.type(command)
    is_over(desk)
