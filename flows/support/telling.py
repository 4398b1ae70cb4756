"""Tells people how something went, once: of a failure, and of the first success after one. It does not know of what."""

from datetime import UTC, datetime

from lib.db.pool import Pool
from lib.db.recovery.notices import last_notice, write_notice
from lib.errors import ConfigurationError
from lib.logs import get_logger
from lib.notify import Notifier
from lib.settings import Settings

log = get_logger(__name__)


async def tell_of(pool: Pool, settings: Settings, subject: str, ok: bool, title: str, body: str) -> bool:
    """Tells that `subject` (`backup`, `drill database`, …) has gone well or not, where that is news.

    News is a failure that was not told with this very title before, and a success after a failure. Nobody reached: it
    is told again the next time. Never raises for addresses that are wrong: what it tells of must not be lost by it.
    Returns whether somebody was told.
    """
    before = await last_notice(pool, subject)
    if ok and (before is None or before.state != "failed"):
        if before is None:
            await write_notice(pool, subject, "ok", datetime.now(UTC), title)
        return False
    if not ok and before is not None and (before.state, before.message) == ("failed", title):
        return False
    since = f"\nIt had failed since {before.since:%Y-%m-%d %H:%M} UTC: {before.message}" if ok and before else ""
    try:
        heard = await Notifier(settings).tell(subject, "ok" if ok else "failed", title, body + since)
    except ConfigurationError as error:
        log.error("nobody can be told", subject=subject, title=title, error=str(error))  # noqa: TRY400
        heard = False
    if heard:
        await write_notice(pool, subject, "ok" if ok else "failed", datetime.now(UTC), title)
    return heard
