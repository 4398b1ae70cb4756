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

from lib.errors.asking import (
    BadField,
    Conflict,
    Forbidden,
    NotSettled,
    NotThere,
    Overloaded,
    Throttled,
    Unauthorized,
    UnknownScorer,
    UnknownSymbol,
    UnstorableText,
    WrongCredentials,
)
from lib.errors.base import ConfigurationError, InsiteChartError, PlatformError
from lib.errors.keeping import ArchiveError, DatabaseError, DatabaseUnavailable, MigrationError, RedisAway, TooSlow
from lib.errors.recovery import (
    BackupFailed,
    Damaged,
    DrillRefused,
    KeyRefused,
    NotRestorable,
    ObjectExists,
    ObjectMissing,
    RecoveryError,
    StoreError,
)
from lib.errors.release import ClusterAway, ReleaseError, ReleaseFailed, ReleaseLost, ReleaseRefused
from lib.errors.sources import Denied, Malformed, NoData, OverBudget, RateLimited, SourceError, Unavailable
from lib.errors.telling import MailError, NotDelivered, TargetRefused

__all__ = [
    "ArchiveError",
    "BackupFailed",
    "BadField",
    "ClusterAway",
    "ConfigurationError",
    "Conflict",
    "Damaged",
    "DatabaseError",
    "DatabaseUnavailable",
    "Denied",
    "DrillRefused",
    "Forbidden",
    "InsiteChartError",
    "KeyRefused",
    "MailError",
    "Malformed",
    "MigrationError",
    "NoData",
    "NotDelivered",
    "NotRestorable",
    "NotSettled",
    "NotThere",
    "ObjectExists",
    "ObjectMissing",
    "OverBudget",
    "Overloaded",
    "PlatformError",
    "RateLimited",
    "RecoveryError",
    "RedisAway",
    "ReleaseError",
    "ReleaseFailed",
    "ReleaseLost",
    "ReleaseRefused",
    "SourceError",
    "StoreError",
    "TargetRefused",
    "Throttled",
    "TooSlow",
    "Unauthorized",
    "Unavailable",
    "UnknownScorer",
    "UnknownSymbol",
    "UnstorableText",
    "WrongCredentials",
]
