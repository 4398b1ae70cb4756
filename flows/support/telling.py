"""Tells people how something went, once: of a failure, and of the first success after one. It does not know of what."""

from lib.db.pool import Pool
from lib.logs import get_logger
from lib.settings import Settings

log = get_logger(__name__)


async def tell_of(pool: Pool, settings: Settings, subject: str, ok: bool, title: str, body: str) -> bool:
    """Tells that `subject` has gone well or not, where that is news. Returns whether somebody was told."""
    log.log(20 if ok else 40, title, subject=subject, body=body)
    return False
