"""Every error InsiteChart raises on purpose. It does not know HTTP, Prefect or a terminal: those rooms translate.

InsiteChartError
├── ConfigurationError      a setting or an argument cannot be used; says which one and what would be accepted
├── UnknownSymbol           no listing has this symbol
├── UnknownScorer           no scorer has this name and version
├── UnstorableText          a text that was sent holds what PostgreSQL cannot keep: null characters, half surrogates
├── NotSettled              an as-of moment is in the future, or a write that belongs before it is still under way
├── Unauthorized            nobody has proved who asks, or the proof does not hold
├── Forbidden               who asks is known, and may not do this
├── WrongCredentials        an e-mail address and a password, or a token, that do not fit; never says which
├── BadField                something that was given cannot be used; carries its name
├── NotThere                there is nothing of that kind with this id, or it is somebody else's
├── Conflict                it cannot be done as things are now
├── MailError               a mail could not be handed over; carries whether trying again can help
├── TargetRefused           the address of a webhook is one that must not be reached
├── NotDelivered            a webhook was sent, or was to be, and no answer came
├── Throttled               tried too often; carries the seconds after which trying is allowed again
├── Overloaded              more is asked at once than this process can do; carries the seconds to wait
├── DatabaseError
│   ├── DatabaseUnavailable PostgreSQL cannot be reached or refuses the connection
│   ├── TooSlow             a statement took longer than it may, and was stopped
│   └── MigrationError      the schema and this code do not fit, or a migration failed
├── RedisAway               Redis does not answer; whoever asks has something else to fall back on
├── ArchiveError            a file cannot be imported at all (a bad line never raises; it goes to the rejects file)
├── PlatformError           the platform on this machine cannot start, or is not running
├── RecoveryError           a backup, a restore or a drill could not do what it is for
│   ├── StoreError          the store of backups does not answer or refuses
│   │   ├── ObjectMissing   it has no object of this name
│   │   └── ObjectExists    it has another object of this name, and none is ever replaced
│   ├── KeyRefused          no key at hand opens what was sealed
│   ├── Damaged             something is not, to the byte or the row, what was backed up; says what and where
│   ├── BackupFailed        a backup could not be taken; nothing of it counts
│   ├── NotRestorable       what is kept does not lead to the moment or the place that was asked for
│   └── DrillRefused        a drill could harm what is in use, or has measured nothing
├── ReleaseError            a release could not do what it is for
│   ├── ClusterAway         the API server of Kubernetes does not answer, or refuses
│   ├── ReleaseRefused      it was not begun: another is under way, or things are not as they have to be
│   ├── ReleaseLost         somebody else has taken the release over meanwhile
│   └── ReleaseFailed       the new version is not in use; says why
└── SourceError             a provider did not give what it was asked for
    ├── RateLimited         asked too often; carries the moment from which asking is allowed again
    ├── Denied              credentials missing, wrong or without the right; stays until a person acts
    ├── OverBudget          the call would exceed the spending limit; it was not made
    ├── Unavailable         no network, a time-out or the provider's own failure
    ├── NoData              the provider answered, and has nothing for this question
    └── Malformed           the provider answered with something that cannot be read
"""

from datetime import datetime
from typing import ClassVar

from lib.domain.coverage import State


class InsiteChartError(Exception):
    """Base of all. `str(error)` is one sentence for a person; `hint` says what to do next, or is empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # flow runs hand errors between processes; the default would lose the keyword arguments
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(kind: type[InsiteChartError], args: tuple[str, ...], state: dict[str, object]) -> InsiteChartError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(InsiteChartError):
    """A setting or an argument cannot be used."""


class UnknownSymbol(InsiteChartError):
    """No listing has this symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"No stock has the symbol {symbol!r}.", hint="Find one by name: GET /api/v1/stocks?q=…")
        self.symbol = symbol


class UnknownScorer(InsiteChartError):
    """No scorer has this name and version."""


class UnstorableText(InsiteChartError):
    """A text that was sent holds a character that PostgreSQL cannot keep."""


class NotSettled(InsiteChartError):
    """What was known at that moment is not final yet, so an answer now could differ from the same answer later."""


class Unauthorized(InsiteChartError):
    """Nobody has proved who asks. `refused` says that a proof was given and does not hold; it never says why."""

    def __init__(self, message: str, *, refused: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.refused = refused


class Forbidden(InsiteChartError):
    """Who asks is known, and may not do this. `scope` is what a key would have to carry; empty where none helps."""

    def __init__(self, message: str, *, scope: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.scope = scope


class WrongCredentials(InsiteChartError):
    """An e-mail address and a password, or a token, that do not fit. It never says which of them is wrong."""


class BadField(InsiteChartError):
    """Something that was given cannot be used. `field` names it, `hint` says what would be accepted."""

    def __init__(self, field: str, message: str, *, accepted: str) -> None:
        super().__init__(message, hint=f"Accepted: {accepted}.")
        self.field = field


class NotThere(InsiteChartError):
    """There is nothing of that kind with this id, or it is somebody else's: nobody is told which."""


class Conflict(InsiteChartError):
    """It cannot be done as things are now."""


class MailError(InsiteChartError):
    """A mail could not be handed over. `lasting` says that trying again cannot help."""

    def __init__(self, message: str, *, lasting: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.lasting = lasting


class TargetRefused(InsiteChartError):
    """The address of a webhook is one that must not be reached."""


class NotDelivered(InsiteChartError):
    """A webhook was sent, or was to be, and no answer came. `str(error)` may be shown to its owner."""


class Throttled(InsiteChartError):
    """Tried too often. `retry_after_s` are the seconds after which trying is allowed again."""

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Overloaded(InsiteChartError):
    """More is asked at once than this process can do. `retry_after_s` are the seconds to wait."""

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class DatabaseError(InsiteChartError):
    """PostgreSQL was asked and could not do it."""


class DatabaseUnavailable(DatabaseError):
    """PostgreSQL cannot be reached or refuses the connection."""


class TooSlow(DatabaseError):
    """PostgreSQL took longer for a statement than it may, and was stopped."""


class MigrationError(DatabaseError):
    """The schema in the database and the migrations of this code do not fit."""


class RedisAway(InsiteChartError):
    """Redis does not answer, or cannot do what it is asked."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"Redis at {place} cannot be used: {reason or 'it does not answer'}.",
            hint="Check that it is running and that INSITECHART_REDIS_URL is right, or unset it to do without.",
        )


class ArchiveError(InsiteChartError):
    """A file cannot be imported at all."""


class PlatformError(InsiteChartError):
    """The platform on this machine cannot start, or is not running."""


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


class ReleaseError(InsiteChartError):
    """A release could not do what it is for."""


class ClusterAway(ReleaseError):
    """The API server of Kubernetes does not answer, or refuses. What was begun is found and ended by the next run."""


class ReleaseRefused(ReleaseError):
    """A release was not begun; nothing was changed."""


class ReleaseLost(ReleaseError):
    """The lock of releases is somebody else's now, so nothing more is done."""


class ReleaseFailed(ReleaseError):
    """The new version is not in use. The message says why."""


class SourceError(InsiteChartError):
    """A provider did not give what it was asked for. `source` names it, `stream` the one stream that this is about;
    empty: all of them.
    """

    state: ClassVar[State] = "unavailable"

    def __init__(self, source: str, message: str, *, stream: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.stream = stream


class RateLimited(SourceError):
    """Asked too often. `until` (UTC) is the moment from which asking is allowed again, or None if unknown."""

    state = "rate_limited"

    def __init__(
        self, source: str, message: str, *, until: datetime | None = None, stream: str = "", hint: str = ""
    ) -> None:
        super().__init__(source, message, stream=stream, hint=hint)
        self.until = until


class Denied(SourceError):
    """Credentials missing, wrong or without the right."""

    state = "denied"


class OverBudget(SourceError):
    """The call would exceed the spending limit; it was not made."""

    state = "over_budget"


class Unavailable(SourceError):
    """No network, a time-out, or the provider's own failure."""


class NoData(SourceError):
    """The provider answered, and has nothing for this question."""

    state = "empty"


class Malformed(SourceError):
    """The provider answered with something that cannot be read."""
