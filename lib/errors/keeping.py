"""Errors of where things are kept: PostgreSQL, Redis, and files to be imported."""

from lib.errors.base import InsiteChartError


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
