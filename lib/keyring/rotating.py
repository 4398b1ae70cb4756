"""Rotating the keys of a file. It does not know what they sign, only how long that lasts at most."""

from datetime import datetime, timedelta
from pathlib import Path

from lib.errors import ConfigurationError
from lib.keyring.files import change
from lib.keyring.keys import Keys, new_key

LONGEST_SIGNED = timedelta(hours=25)
"""A mailed link lasts a day; access tokens last minutes."""


def rotate_in(file: Path, now: datetime) -> Keys:
    """Puts a fresh key in front, which signs from now on. Raises ConfigurationError."""
    return change(file, lambda keys: Keys((new_key(now), *keys.all)))


def retire_from(file: Path, key_id: str, now: datetime, *, at_once: bool) -> Keys:
    """Takes a key away. Raises ConfigurationError for the one that signs, one that is not there and, unless `at_once`,
    for one that something in use may be signed with.
    """

    def retired(keys: Keys) -> Keys:
        if keys.get(key_id) is None:
            raise ConfigurationError(f"There is no key {key_id[:64]!r}.", hint="See them: insitechart keys list")
        if keys.signing.id == key_id:
            raise ConfigurationError("This key signs.", hint="Rotate first: insitechart keys rotate")
        if not at_once and still_needed(keys, key_id, now):
            raise ConfigurationError(
                f"What {key_id} signed may still be in use.", hint="Wait a day after rotating, or use --now."
            )
        return Keys(tuple(key for key in keys.all if key.id != key_id))

    return change(file, retired)


def still_needed(keys: Keys, key_id: str, now: datetime) -> bool:
    """Whether something that this key signed may still be in use: it signed until the next one was made."""
    ids = [key.id for key in keys.all]
    place = ids.index(key_id)
    replaced_at = keys.all[place - 1].made_at if place else None
    return replaced_at is None or now - replaced_at < LONGEST_SIGNED
