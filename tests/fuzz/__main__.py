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
from lib.postgres.server import running_server
from tests.fuzz.asking import ask_everything
from tests.fuzz.installation import fill, headers_of, serving


async def main() -> int:
    """Exit code 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--examples", type=int, default=100, help="cases per operation and round")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with running_server(Path(folder) / "postgres", options={"fsync": "off"}) as server:
            await create_database(server.url("postgres"), "fuzz")
            await migrate(server.url("fuzz"))
            await fill(server.url("fuzz"))
            with serving(server.url("fuzz")) as address:
                found = [await asyncio.to_thread(_ask, address, role, given) for role in ("admin", "user", None)]
    sys.stdout.write(f"seed {given.seed}\n")
    return max(found)


def _ask(address: str, role: Role | None, given: argparse.Namespace) -> int:
    """One third of the time, as somebody or as nobody."""
    sys.stdout.write(f"\nas {role or 'nobody'}\n")
    told = ask_everything(
        address,
        seed=given.seed,
        examples=given.examples,
        seconds=max(int(given.minutes * 20), 1),
        headers=headers_of(address, role) if role else {},
    )
    sys.stdout.write(told.stdout + told.stderr)
    return 1 if told.returncode else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
