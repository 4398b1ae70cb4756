"""Days and moments as people write them, read strictly. It does not know what they are for."""

from datetime import UTC, date, datetime, timedelta

from lib.domain.bars import trading_day
from lib.errors import ConfigurationError

_DAY = timedelta(days=1)


def moment_of(name: str, text: str, *, last: bool) -> datetime:
    """The moment (UTC) that a person wrote as `name`: a moment with a time zone, or the begin of a day (2026-03-02), of
    the day after it if it is the `last` one of a range. Raises ConfigurationError.
    """
    try:
        day = trading_day(date.fromisoformat(text))
        return day + _DAY if last else day
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{name} is {text[:40]!r}: that is no day and no moment.",
            hint="Write 2026-03-02, or 2026-03-02T14:30:00Z.",
        )
    return moment.astimezone(UTC)
