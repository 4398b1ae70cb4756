"""Errors of backups, restores and drills."""

from lib.errors.base import InsiteChartError


class RecoveryError(InsiteChartError):
    """A backup, a restore or a drill could not do what it is for."""


class StoreError(RecoveryError):
    """The store of backups does not answer, or refuses. `place` is how a person calls it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"The store {place} cannot be used: {reason}.",
            hint="Check INSITECHART_BACKUP_STORE, its credentials, and the room that is left there.",
        )
        self.place = place


class ObjectMissing(StoreError):
    """It has no object of this name."""

    def __init__(self, place: str, key: str) -> None:
        super().__init__(place, f"it has no object {key}")
        self.key = key


class ObjectExists(StoreError):
    """It has an object of this name with other bytes."""

    def __init__(self, place: str, key: str) -> None:
        super().__init__(place, f"it has another object {key} already, and none is ever replaced")
        self.key = key


class KeyRefused(RecoveryError):
    """No key at hand opens what was sealed, or there is none."""


class Damaged(RecoveryError):
    """Something is not what was backed up. The message says what, and where."""


class BackupFailed(RecoveryError):
    """A backup could not be taken; nothing of it counts."""


class NotRestorable(RecoveryError):
    """What is kept does not lead to the moment, or the place, that was asked for."""


class DrillRefused(RecoveryError):
    """A drill could harm what is in use, or has measured nothing."""
