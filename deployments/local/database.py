"""Makes the platform's database usable: there, migrated, and its contents known. It does not start the server."""

from pathlib import Path

from lib.db.contents import Contents, glance
from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.postgres.binaries import major_version
from lib.postgres.server import DATABASE, PostgresServer

_COUNTS_SINCE = 17


async def prepare_embedded(server: PostgresServer) -> Contents:
    """The embedded server's database, made if need be, migrated and looked into. Raises DatabaseError."""
    await create_database(server.url("postgres"), DATABASE)
    await migrate(server.url())
    return await glance(server.url())


async def prepare_existing(url: str) -> Contents:
    """The database at `url`, which somebody else looks after, migrated and looked into. Raises DatabaseError."""
    await migrate(url)
    return await glance(url)


def archive_options(binaries: Path, keep_mib: int) -> dict[str, str]:
    """The embedded server's settings for its archive: the log that it holds back is bounded, and it keeps count of what
    changes, where it can, so that a base backup need not copy everything.
    """
    bound = {"wal_level": "replica", "max_slot_wal_keep_size": f"{keep_mib}MB"}
    return {**bound, "summarize_wal": "on"} if major_version(binaries) >= _COUNTS_SINCE else bound


def sample_wanted(folder: Path, contents: Contents) -> bool:
    """True for an empty database that never had the sample: whoever dropped it does not want it back."""
    return not contents.listings and not _loaded_file(folder).exists()


def remember_sample(folder: Path) -> None:
    """The sample was loaded into the database in `folder`."""
    _loaded_file(folder).touch()


def _loaded_file(folder: Path) -> Path:
    return folder / "sample-loaded"
