"""The keys that are in force now, for as long as a process runs. It does not know what they sign.

A file is looked at again when it has changed, at most once a second, and at once where somebody shows the id of a key
that is not known: another process has rotated, and signs with it already.
"""

from pathlib import Path
from time import monotonic

from lib.errors import ConfigurationError
from lib.keyring.files import read_keys, read_or_make
from lib.keyring.keys import Key, Keys, parse_keys
from lib.logs import get_logger
from lib.settings import Settings

log = get_logger(__name__)

LOOK_AGAIN_S = 1.0
_HOW = "Set INSITECHART_SECRET_KEYS or INSITECHART_SECRET_KEYS_FILE; `insitechart keys new` makes a key."


class Keyring:
    """Keys by id. `file` is None for keys that cannot change while the process runs."""

    def __init__(self, keys: Keys, file: Path | None = None) -> None:
        self._keys, self.file = keys, file
        self._is_current = True
        self._seen = _version(file)
        self._looked_at = monotonic()

    @property
    def keys(self) -> Keys:
        """All in force, the signing one first."""
        if monotonic() - self._looked_at >= LOOK_AGAIN_S:
            self._look()
        return self._keys

    @property
    def is_current(self) -> bool:
        """Whether they are what the file has now. Where it cannot be read again those of before stay in force."""
        _ = self.keys
        return self._is_current

    @property
    def signing(self) -> Key:
        """The one that signs."""
        return self.keys.signing

    def get(self, key_id: str) -> Key | None:
        """The key that verifies what carries `key_id`, or None."""
        found = self.keys.get(key_id)
        if found is None and self.file is not None:
            self._look()
            found = self._keys.get(key_id)
        return found

    def _look(self) -> None:
        self._looked_at = monotonic()
        seen = _version(self.file)
        if self.file is None or seen == self._seen:
            self._is_current = True
            return
        try:
            self._keys = read_keys(self.file)
        except ConfigurationError as error:
            # better the keys of before than nobody let in; the first failure of a row is enough
            if self._is_current:
                log.warning("secret keys not read again", error=str(error))
            self._is_current = False
            return
        self._seen, self._is_current = seen, True
        log.info("secret keys read again", signing=self._keys.signing.id, keys=len(self._keys.all))


def keys_file(settings: Settings) -> Path | None:
    """The file that holds the keys; None where the environment does. Raises ConfigurationError where both do."""
    if settings.secret_keys is not None and settings.secret_keys_file is not None:
        raise ConfigurationError(
            "INSITECHART_SECRET_KEYS and INSITECHART_SECRET_KEYS_FILE are both set.", hint="Leave one of them out."
        )
    return None if settings.secret_keys is not None else settings.secret_keys_file or settings.home / "secrets" / "keys"


def load_keyring(settings: Settings) -> Keyring:
    """The keys of this installation. Those of the home folder are made at the first start.

    Raises ConfigurationError for keys that cannot be used, and in production where none are given.
    """
    file = keys_file(settings)
    if file is None:
        assert settings.secret_keys is not None
        return Keyring(parse_keys(settings.secret_keys.get_secret_value()))
    if settings.secret_keys_file is not None:
        return Keyring(read_keys(file), file)
    if settings.environment == "production":
        raise ConfigurationError("A production start needs secret keys of its own, and none are given.", hint=_HOW)
    return Keyring(read_or_make(file), file)


def _version(file: Path | None) -> tuple[int, int, int] | None:
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size) if found else None
