"""Keys in a file of their owner alone. It does not know what they are for.

Whoever changes the file holds a lock beside it, and replaces it whole: readers never see half of it, and of processes
that start together one makes the first key and the others read that one.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lib.config_file import is_open_to_others
from lib.errors import ConfigurationError
from lib.keyring.keys import Keys, new_key, parse_keys, write_keys

_HEAD = "# Secret keys of InsiteChart, the signing one first. See `insitechart keys`.\n"


def read_keys(file: Path) -> Keys:
    """The keys of `file`. Raises ConfigurationError where it cannot be read or used."""
    try:
        return parse_keys(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(file, error) from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}", hint=error.hint) from error


def read_or_make(file: Path) -> Keys:
    """The keys of `file`, which is made with one fresh key where it is missing: mode 0600 in a folder 0700.

    Raises ConfigurationError where that cannot be done, and for a file that others may read.
    """
    if not file.exists():
        with _changing(file):
            if not file.exists():
                _write(file, Keys((new_key(datetime.now(UTC)),)))
    if is_open_to_others(file):
        raise ConfigurationError(
            f"{file} holds secret keys and other users may read it.", hint=f"Rotate them, and run: chmod 600 {file}"
        )
    return read_keys(file)


def change(file: Path, changed: Callable[[Keys], Keys]) -> Keys:
    """Replaces the keys of `file` by what `changed` makes of them, and returns that. Raises ConfigurationError."""
    with _changing(file):
        keys = changed(read_keys(file))
        _write(file, keys)
    return keys


@contextmanager
def _changing(file: Path) -> Iterator[None]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(file, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(file: Path, keys: Keys) -> None:
    making = file.with_name(f".{file.name}.making")
    try:
        making.unlink(missing_ok=True)
        handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(_HEAD + write_keys(keys.all))
            out.flush()
            os.fsync(out.fileno())
        making.replace(file)
    except OSError as error:
        raise _unusable(file, error) from error


def _unusable(file: Path, error: Exception) -> ConfigurationError:
    reason = getattr(error, "strerror", None) or str(error)
    return ConfigurationError(
        f"The secret keys in {file} cannot be used: {reason}.",
        hint="Check who owns it, or set INSITECHART_SECRET_KEYS_FILE to another file.",
    )
