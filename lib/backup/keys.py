"""The keys that seal and open backups: age identities, the sealing one first. It does not seal anything.

Only who holds an identity can open what was sealed for it; to seal, its public half is enough. To rotate, a new
identity is put first, and the former ones stay behind it for as long as backups that they open are kept.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pyrage import x25519

from lib.config_file import is_open_to_others
from lib.errors import ConfigurationError
from lib.settings import Settings

_HINT = "A line of it looks like AGE-SECRET-KEY-1…; `insitechart backup key new` makes one."


class BackupKeys(NamedTuple):
    """Identities of age; the first one seals."""

    identities: tuple[Any, ...]

    @property
    def recipients(self) -> tuple[str, ...]:
        """The public halves, in the same order; these may be shown."""
        return tuple(str(identity.to_public()) for identity in self.identities)

    @property
    def sealing(self) -> tuple[str, ...]:
        """The public half that things are sealed for now: a former key, which may be stolen, opens nothing new."""
        return self.recipients[:1]


def new_identity() -> str:
    """A fresh identity as the file holds it; secret."""
    return str(x25519.Identity.generate())


def parse_backup_keys(text: str, *, place: str) -> BackupKeys:
    """The identities in `text`, by line or comma; those with # are comments. Raises ConfigurationError for `place`."""
    lines = [
        word.strip() for line in text.splitlines() if not line.lstrip().startswith("#") for word in line.split(",")
    ]
    try:
        found = tuple(x25519.Identity.from_str(line) for line in lines if line)
    except Exception as error:
        raise ConfigurationError(f"{place} holds something that is no key of backups.", hint=_HINT) from error
    if not found:
        raise ConfigurationError(f"{place} holds no key of backups.", hint=_HINT)
    return BackupKeys(found)


def read_backup_keys(file: Path) -> BackupKeys:
    """The identities of `file`. Raises ConfigurationError where it cannot be read or used, or others may read it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(f"The keys of backups in {file} cannot be read: {reason}.", hint=_HINT) from None
    if is_open_to_others(file):
        raise ConfigurationError(f"{file} opens backups and other users may read it.", hint=f"Run: chmod 600 {file}")
    return parse_backup_keys(text, place=str(file))


def backup_keys_file(settings: Settings) -> Path | None:
    """The file that holds them; None where the environment does."""
    if settings.backup_keys is not None and settings.backup_keys_file is not None:
        raise ConfigurationError(
            "INSITECHART_BACKUP_KEYS and INSITECHART_BACKUP_KEYS_FILE are both set.", hint="Leave one of them out."
        )
    if settings.backup_keys is not None:
        return None
    return settings.backup_keys_file or settings.home / "secrets" / "backup-keys"


def load_backup_keys(settings: Settings) -> BackupKeys:
    """The keys of this installation; those of the home folder are made at the first use.

    Raises ConfigurationError for keys that cannot be used, and in production where none are given: a key that lies only
    on the machine that burns opens nothing.
    """
    file = backup_keys_file(settings)
    if file is None:
        assert settings.backup_keys is not None
        return parse_backup_keys(settings.backup_keys.get_secret_value(), place="INSITECHART_BACKUP_KEYS")
    if settings.backup_keys_file is None and not file.exists():
        if settings.environment == "production":
            raise ConfigurationError(
                "Backups in production need keys of their own, and none are given.",
                hint="Set INSITECHART_BACKUP_KEYS_FILE, and keep a copy elsewhere; `insitechart backup key new`.",
            )
        _make(file)
    return read_backup_keys(file)


def write_backup_keys(file: Path, identities: Sequence[str]) -> None:
    """Replaces `file` by these identities, the sealing one first; mode 0600."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = file.with_name(f".{file.name}.{os.getpid()}.making")
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(_text(identities))
            out.flush()
            os.fsync(out.fileno())
        making.replace(file)
    finally:
        making.unlink(missing_ok=True)


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = file.with_name(f".{file.name}.{os.getpid()}.making")
    write_backup_keys(making, [new_identity()])
    try:
        # of processes that start together one makes it, and the others read that one
        os.link(making, file)
    except FileExistsError:
        pass
    finally:
        making.unlink(missing_ok=True)


def _text(identities: Sequence[str]) -> str:
    head = (
        "# Opens InsiteChart's backups. Whoever loses it loses them: keep a copy elsewhere, where no backup lies.\n"
        f"# Written at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}. The first key seals; the others open what is older.\n"
    )
    return head + "".join(f"{identity}\n" for identity in identities)
