"""The whole site is gone, and nothing is left but the store and the key: a new site is made of them, where people sign
in with their passwords, the tokens of before hold, and the API answers the same bytes. In a drill alone.
"""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lib.backup.catalogue import only_installation
from lib.backup.keys import BackupKeys, read_backup_keys
from lib.backup.site import SiteFiles, restore_site, take_site
from lib.db.migrate import migrate
from lib.db.recovery.commits import make_commits
from lib.db.recovery.samples import telling_symbols
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.recovery.apis import Api, api_environment
from lib.recovery.application import open_api
from lib.recovery.ground import Ground
from lib.recovery.losses import Loss
from lib.recovery.pitr import count_lost, refuse_alive, takes_commits, told, write_until_struck
from lib.recovery.prefects import Known, Prefect, known_in
from lib.recovery.protection import Protected, protect, rebuild
from lib.recovery.stage import Stage
from lib.recovery.stocking import Stock
from lib.recovery.visitor import Person, Visitor
from lib.settings import Settings

INJECTED = "the whole site gone (processes killed, folders deleted) under steady commits; only store and key are left"

_READY_S = 240.0


class Before(NamedTuple):
    """The site that is to be lost, and what it answered."""

    protected: Protected
    api: Api
    binaries: Path
    person: Person
    visitor: Visitor
    answers: dict[str, tuple[int, bytes]]
    known: Known


class After(NamedTuple):
    """The site that was made of the store."""

    server: PostgresServer
    api: Api
    prefect: Prefect
    files: SiteFiles


async def rehearse_site(
    stage: Stage,
    ground: Ground,
    server: PostgresServer,
    stocked: Stock,
    settings: Settings,
    keys: BackupKeys,
    *,
    escrow: Path | None,
    budget_s: float,
) -> Loss:
    """Builds a site on `server`, protects it, destroys it, and builds another from the store and the key alone; with
    `escrow`, that is the copy of the key which is kept elsewhere. What was lost.
    """
    before = await build_site(stage, ground, server, stocked, settings, keys)
    writer = await write_until_struck(stage, ground, server, before.protected, "before-home", others=[before.api.pid])
    await stage.step("detect", "nothing answers", 1.0, lambda: refuse_alive(server), str)
    opened = await stage.step(
        "assess", "open the store with the key that is left", 5.0, lambda: _key(escrow, keys), _which
    )
    if escrow is None:
        stage.warnings.append(
            "INSITECHART_BACKUP_ESCROW_FILE is not set: this drill used the key of the machine that would be gone. "
            "It does NOT prove that a copy of the key exists elsewhere, nor that it is the right one."
        )
    installation = only_installation(before.protected.store)
    after = await _rebuild(stage, ground, before, opened, installation, budget_s)
    visitor = Visitor(after.api.url, before.person)
    try:
        await stage.step("recover", "somebody signs in with their password", 10.0, visitor.sign_in)
        await stage.step("recover", "the database takes commits", 5.0, lambda: takes_commits(after.server, writer), str)
        stage.serve()
        await _compare(stage, before, after, visitor)
        loss = await stage.step("verify", "count the commits", 60.0, lambda: count_lost(after.server, writer), str)
        stage.check(
            "no hole in what is there", loss.holes == 0, f"{loss.holes} holes, {loss.rows} rows lost at the end"
        )
    finally:
        await visitor.close()
        await before.visitor.close()
    return loss


async def build_site(
    stage: Stage, ground: Ground, server: PostgresServer, stocked: Stock, settings: Settings, keys: BackupKeys
) -> Before:
    """The site that will be lost: API with somebody signed in, Prefect's database, backups in the drill's store."""
    await make_commits(server.url())
    api, person, home = await open_api(stage, ground, server, "before")
    api.start()
    await stage.prepare("start the API", _READY_S, lambda: api.ready(_READY_S))
    visitor = Visitor(api.url, person)
    await visitor.sign_in()
    await stage.prepare("give Prefect a database", 180.0, lambda: _stock_prefect(ground, settings, home))
    protected = await protect(stage, ground, server, keys, stocked.installation)
    if settings.prefect_database_url is not None:
        stage.warnings.append("Prefect's database is PostgreSQL here, and the drill rehearsed with a new SQLite file.")
    kept = Settings.model_validate(
        {"home": home, "secret_keys": None, "secret_keys_file": None, "prefect_database_url": None}
    )

    await stage.prepare(
        "keep what the site needs beside its database", 120.0,
        lambda: asyncio.to_thread(take_site, kept, protected.store, keys, stocked.installation, datetime.now(UTC)),
    )  # fmt: skip
    paths = await reads(server.url())
    answers = await stage.prepare("remember what the API answers", 120.0, lambda: visitor.bodies(paths))
    return Before(protected, api, server.binaries, person, visitor, answers, known_in(home / "prefect" / "prefect.db"))


async def reads(url: str) -> list[str]:
    """What is asked before and after: everything about a few symbols, as of now, so that it can be the same again."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    paths = ["/users/me", "/users/me/watchlists", "/stocks?limit=50", "/sentiment/scorers"]
    for symbol in await telling_symbols(url):
        paths += [
            f"/stocks/{symbol}/bars?as_of={at}",
            f"/sentiment/{symbol}?window=7d&as_of={at}",
            f"/sentiment/{symbol}/series?interval=1h&as_of={at}",
        ]
    return paths


async def _rebuild(
    stage: Stage, ground: Ground, before: Before, keys: BackupKeys, installation: str, budget_s: float
) -> After:
    store, home = before.protected.store, ground.place("after-home")

    files = await stage.step(
        "recover", "bring back secret keys, settings and Prefect's database", 30.0,
        lambda: asyncio.to_thread(restore_site, store, keys, installation, home), _parts,
    )  # fmt: skip
    if files.secrets is None:
        raise DrillRefused("The store keeps no secret keys, so nobody who is signed in would stay so.")
    _, server = await stage.step(
        "recover", "restore the database to the latest moment, and start it", budget_s,
        lambda: rebuild(ground, store, keys, installation, "after", before.binaries), lambda done: told(done[0]),
    )  # fmt: skip
    await stage.step("recover", "bring it to this version's schema", 30.0, lambda: migrate(server.url()))
    prefect = Prefect(ground, "prefect-after", home / "prefect")
    await stage.step("recover", "start Prefect on its own database", 60.0, prefect.start)
    api = Api(ground, "after", api_environment(ground, server.url(), home), before.api.port)
    api.start()
    await stage.step("recover", "start the API", 60.0, lambda: api.ready(_READY_S))
    return After(server, api, prefect, files)


async def _compare(stage: Stage, before: Before, after: After, visitor: Visitor) -> None:
    stage.check("people can sign in", True, "with the password of before, hashed by argon2")
    old = await stage.step("verify", "the token of before", 5.0, before.visitor.is_known)
    stage.check("nobody was logged out", old, "a token signed before the disaster still holds")
    paths = list(before.answers)
    # asked with the token of before, as whoever is signed in does
    now = await stage.step("verify", "the API answers as before", 30.0, lambda: before.visitor.bodies(paths))
    other = [path for path in paths if now[path] != before.answers[path]]
    said = f"{len(paths)} answers, {sum(len(body) for _, body in now.values()):,} bytes"
    stage.check("the API answers the same bytes", not other, f"{said}; different: {', '.join(other) or 'none'}")
    good = [path for path in paths if before.answers[path][0] == 200]
    stage.check("what was compared are answers", len(good) == len(paths), f"{len(good)} of {len(paths)} are 200")
    known = await stage.step("verify", "Prefect knows what it knew", 10.0, after.prefect.known, str)
    stage.check("Prefect knows what it knew", known == before.known, f"{known}; before: {before.known}")


async def _stock_prefect(ground: Ground, settings: Settings, home: Path) -> None:
    """A copy of the one in use, or a new one."""
    folder = home / "prefect"
    folder.mkdir(mode=0o700)
    original = settings.home / "prefect" / "prefect.db"
    if original.is_file():
        with (
            closing(sqlite3.connect(f"file:{original}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(folder / "prefect.db")) as copy,
        ):
            source.backup(copy)
        return
    prefect = Prefect(ground, "prefect-before", folder)
    await prefect.start()
    await prefect.make_known("known-before-the-drill")
    await prefect.stop()


async def _key(escrow: Path | None, keys: BackupKeys) -> BackupKeys:
    return keys if escrow is None else read_backup_keys(escrow)


def _which(keys: BackupKeys) -> str:
    return f"key {keys.recipients[0]}"


def _parts(files: SiteFiles) -> str:
    found = {"secret keys": files.secrets, "settings": files.settings, "Prefect's database": files.prefect}
    return ", ".join(name for name, file in found.items() if file is not None)
