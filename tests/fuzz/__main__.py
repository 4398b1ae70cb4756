"""`make fuzz`: asks the API for everything its document allows, and for what it does not, for as long as told.

ARGS="--minutes 30 --seed 7" sets how long and where to begin; the seed is printed, and finds the same again.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.domain.users import Role
from lib.postgres.server import PostgresServer, running_server
from tests.fuzz.asking import ask_everything
from tests.fuzz.belongings import give_belongings, headers_of
from tests.fuzz.installation import fill, serving

ASKING: tuple[Role | None, ...] = ("admin", "user", None)


async def main() -> int:
    """Exit code 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--examples", type=int, default=100, help="cases per operation, and chains, a round")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with running_server(Path(folder) / "postgres", options={"fsync": "off"}) as server:
            found = [await _ask(server, Path(folder), role, given) for role in ASKING]
    sys.stdout.write(f"seed {given.seed}\n")
    return max(found)


async def _ask(server: PostgresServer, folder: Path, role: Role | None, given: argparse.Namespace) -> int:
    """Its share of the time, as somebody or as nobody, of an installation of its own."""
    name = role or "nobody"
    url, home = server.url(name), folder / name
    home.mkdir()
    await create_database(server.url("postgres"), name)
    await migrate(url)
    await fill(url)
    sys.stdout.write(f"\nas {name}\n")
    with serving(url, home) as address:
        headers = headers_of(address, role) if role else {}
        told = await asyncio.to_thread(
            ask_everything,
            address,
            home,
            seed=given.seed,
            examples=given.examples,
            chains=given.examples,
            seconds=max(int(given.minutes * 60 / len(ASKING)), 1),
            headers=headers,
            words=await give_belongings(address, url, home, headers),
        )
    sys.stdout.write(told.stdout + told.stderr)
    return 1 if told.returncode else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
