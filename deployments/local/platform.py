"""The whole platform from start to stop: what waits for what, who is told what. It does not know how a part works.

PostgreSQL → database made and migrated → API, flows and sample; from the very start beside them the Prefect server;
last of all the archive.
"""

import asyncio
import os
from collections.abc import Iterator

import psutil

from deployments.local.board import Board, status_file
from deployments.local.database import (
    archive_options,
    prepare_embedded,
    prepare_existing,
    remember_sample,
    sample_wanted,
)
from deployments.local.guard import Guard
from deployments.local.instance import Instance
from deployments.local.parts import (
    STOP_ORDER,
    Addresses,
    api_part,
    archive_part,
    common_environment,
    flows_part,
    postgres_part,
    prefect_part,
    sample_part,
)
from deployments.local.ports import choose_port
from deployments.local.prefect_server import remember_prepared
from deployments.local.signals import StopWish
from deployments.local.supervisor import Supervisor
from deployments.local.terminal import Terminal
from lib.db.contents import Contents
from lib.errors import PlatformError
from lib.platform import PlatformState, state_file, write_state
from lib.postgres.binaries import find_binaries
from lib.postgres.server import PostgresServer
from lib.settings import Settings

_TICK_S = 0.5

SAMPLE_NOTE = "Sample data is shown: invented, and marked `sample` everywhere. Remove it with: insitechart sample drop"


class Platform:
    """One run of the platform in the folder that `instance` holds; `without` names parts that are left out."""

    def __init__(self, settings: Settings, instance: Instance, terminal: Terminal, without: frozenset[str]) -> None:
        self._settings = settings
        self._home = instance.home
        self._instance = instance
        self._terminal = terminal
        self._without = without
        self._database_url = ""
        self._addresses = _choose_addresses(settings)
        self._common = common_environment(instance.home, instance.marker, self._addresses)
        names = [name for name in ("postgres", "prefect", "flows", "api", "archive") if name not in without]
        if settings.database_url is not None:
            names.remove("postgres")
        self._board = Board(status_file(instance.home), names, terminal.changed)
        self._guard = Guard(instance.marker, instance.lock, instance.log("guard"))
        self._supervisor = Supervisor(self._board, self._guard, instance.marker, STOP_ORDER)

    async def run(self) -> None:
        """Starts everything, keeps it running until told to stop, and leaves nothing behind, whatever happens.

        Raises PlatformError or DatabaseError if something cannot start.
        """
        wish = StopWish()
        with wish.listening():
            try:
                await wish.or_done(self._start_and_wait(), self._supervisor.watch(), self._tick())
            finally:
                self._board.enter("stopping")
                await self._supervisor.stop(lambda: wish.hurried)
                state_file(self._home).unlink(missing_ok=True)
                status_file(self._home).unlink(missing_ok=True)

    async def _start_and_wait(self) -> None:
        try:
            async with asyncio.TaskGroup() as starting:
                starting.create_task(self._start_database_and_api())
                starting.create_task(self._start_prefect())
        except ExceptionGroup as group:
            # of several troubles the first is the cause; the others may well be its consequences
            raise next(_leaves(group)) from None
        self._board.enter("ready")
        self._terminal.ready(self._addresses, self._board.status)
        # last of all: it protects what is there, and nobody waits for it
        if "archive" not in self._without:
            part = archive_part(self._common, self._database_url, self._instance.log("archive"))
            await self._supervisor.start(part)
        await asyncio.Event().wait()

    async def _start_prefect(self) -> None:
        if "prefect" in self._without:
            return
        folder = self._home / "prefect"
        server = prefect_part(
            self._home,
            self._common,
            self._addresses,
            self._settings.prefect_history_days,
            self._instance.log("prefect"),
        )
        await self._supervisor.start(server)
        remember_prepared(folder)

    async def _start_database_and_api(self) -> None:
        if self._settings.database_url is not None:
            url = self._settings.database_url.get_secret_value()
            contents = await prepare_existing(url)
            server = None
        else:
            server = await self._start_postgres()
            url = server.url()
            contents = await prepare_embedded(server)
        self._publish(url)
        self._database_url = url
        async with asyncio.TaskGroup() as starting:
            if "api" not in self._without:
                api = api_part(self._common, self._addresses, url, self._instance.log("api"))
                starting.create_task(self._supervisor.start(api))
            if not self._without & {"flows", "prefect"}:
                flows = flows_part(self._common, self._addresses, url, self._instance.log("flows"))
                starting.create_task(self._supervisor.start(flows))
            starting.create_task(self._offer_sample(server, url, contents))

    async def _start_postgres(self) -> PostgresServer:
        server = PostgresServer(
            self._home / "postgres",
            binaries=(binaries := find_binaries(self._settings.pg_bindir)),
            options=archive_options(binaries, self._settings.wal_keep_mib),
            log_file=self._instance.log("postgres"),
        )
        self._board.change("postgres", "starting", "checking its folder")
        await asyncio.to_thread(server.prepare)
        await self._supervisor.start(postgres_part(server, self._instance.marker))
        return server

    async def _offer_sample(self, server: PostgresServer | None, url: str, contents: Contents) -> None:
        if contents.sample:
            self._board.note(SAMPLE_NOTE)
        if server is None or not self._settings.sample or not sample_wanted(server.folder, contents):
            return
        part = sample_part(self._common, url, self._instance.log("sample"))
        code, words = await self._supervisor.run_once(part)
        if code == 0:
            remember_sample(server.folder)
            self._board.change(part.name, "done", "loaded")
            self._board.note(SAMPLE_NOTE)
        else:
            self._board.change(part.name, "failed", words)
            self._board.note("The sample could not be loaded; everything else works. Try: insitechart sample load")

    def _publish(self, database_url: str) -> None:
        state = PlatformState(
            pid=os.getpid(),
            pid_created=psutil.Process().create_time(),
            home=str(self._home),
            database_url=database_url,
            api_url=self._addresses.api_url,
            prefect_url=self._addresses.prefect_url,
        )
        write_state(self._home, state)

    async def _tick(self) -> None:
        while True:
            self._terminal.tick()
            await asyncio.sleep(_TICK_S)


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _choose_addresses(settings: Settings) -> Addresses:
    api = choose_port(settings.api_host, settings.api_port, what="the API", option="--api-port")
    prefect = choose_port("127.0.0.1", settings.prefect_port, what="the Prefect server", option="--prefect-port")
    if api == prefect:
        raise PlatformError(
            f"The API and the Prefect server cannot both have port {api}.", hint="Change --api-port or --prefect-port."
        )
    return Addresses(settings.api_host, api, prefect)
