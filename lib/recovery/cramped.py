"""`python -m lib.recovery.cramped`: the verification of one backup where the disk is full. It prints what came of it.

The folder that it is given lies on a file system of a few megabytes, which whoever starts it has made for it alone.
"""

import asyncio
import sys
from pathlib import Path

from lib.backup.catalogue import read_backup
from lib.backup.keys import read_backup_keys
from lib.backup.store.folder import FolderStore
from lib.backup.verify import verify_dump
from lib.errors import InsiteChartError


async def main(folder: Path, store: FolderStore, keys: Path, installation: str, backup: str) -> str:
    """`good`, `bad: …` or `raised: …`."""
    try:
        verdict = await verify_dump(
            store, read_backup_keys(keys), read_backup(store, installation, "logical", backup), folder=folder
        )
    except InsiteChartError as error:
        return f"raised: {error}"
    wrong = "; ".join(f"{check.name}: {check.found}" for check in verdict.checks if not check.ok)
    return "good" if verdict.ok else f"bad: {wrong}"


if __name__ == "__main__":
    place, objects, file, of, name = sys.argv[1:]
    sys.stdout.write(asyncio.run(main(Path(place), FolderStore(Path(objects)), Path(file), of, name)))
