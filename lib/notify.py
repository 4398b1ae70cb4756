"""Tells people: by Slack, e-mail, a webhook, whatever their addresses say (apprise). It does not know about what.

Addresses hold secrets: none of them ever stands in an error or a log line.
"""

import asyncio
import logging
from typing import Final, Literal

from apprise import Apprise, NotifyFormat, NotifyType

from lib.errors import ConfigurationError
from lib.logs import get_logger
from lib.settings import Settings

log = get_logger(__name__)

State = Literal["failed", "ok", "info"]

_TYPES: Final[dict[State, NotifyType]] = {
    "failed": NotifyType.FAILURE,
    "ok": NotifyType.SUCCESS,
    "info": NotifyType.INFO,
}

_PATIENCE_S = 60.0

# apprise writes addresses, and what their servers said of them, into its own log
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class Notifier:
    """Tells everybody whom INSITECHART_NOTIFY_URLS names.

    Raises ConfigurationError for an address that is none; it says which one by its place and kind alone.
    """

    def __init__(self, settings: Settings) -> None:
        self._people: list[tuple[str, Apprise]] = []
        written = settings.notify_urls.get_secret_value() if settings.notify_urls is not None else ""
        for number, url in enumerate(filter(None, (part.strip() for part in _parts(written))), 1):
            kind = url.partition("://")[0][:20] if "://" in url else "no"
            name = f"{kind}:// (number {number})"
            person = Apprise()
            if "://" not in url or not person.add(url):
                raise ConfigurationError(
                    f"INSITECHART_NOTIFY_URLS: number {number}, which begins with {kind}://, is no address that can be "
                    "told anything.",
                    hint="Such as slack://token/#channel, mailtos://user:password@host?to=you@example.com, or "
                    "json://host/path; several between commas.",
                )
            self._people.append((name, person))

    @property
    def has_people(self) -> bool:
        """Whether anybody is told."""
        return bool(self._people)

    async def tell(self, subject: str, state: State, title: str, body: str) -> bool:
        """Tells everybody. Whoever cannot be reached is logged, and the others hear it all the same.

        Returns whether somebody heard it, or there is nobody to tell.
        """
        if not self._people:
            write = log.warning if state == "failed" else log.info
            write("nobody is told: INSITECHART_NOTIFY_URLS is not set", subject=subject, state=state, title=title)
            return True
        outcomes = await asyncio.gather(*(self._tell(person, state, title, body) for _, person in self._people))
        for (name, _), heard in zip(self._people, outcomes, strict=True):
            if not heard:
                log.error("somebody could not be told", subject=subject, address=name, title=title)
        return any(outcomes)

    async def _tell(self, person: Apprise, state: State, title: str, body: str) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                heard = await person.async_notify(
                    body=body or title, title=title, notify_type=_TYPES[state], body_format=NotifyFormat.TEXT
                )
        except Exception:  # noqa: BLE001  what is told is the failure of something else, which is not to be hidden
            return False
        return bool(heard)


def _parts(written: str) -> list[str]:
    """The addresses in `written`: a comma begins another one only where an address follows."""
    parts: list[str] = []
    for part in written.split(","):
        if parts and "://" not in part and part.strip():
            # several receivers of one address
            parts[-1] += f",{part.strip()}"
        else:
            parts.append(part)
    return parts
