"""One page of a listing: what is on it, and what it tells about the time that it covers. It does not know calls,
streams or cursors.

Listings are newest first, but only roughly: things that came within seconds of each other change places, and a few
carry a date that does not fit. So no single thing decides how far a page reaches; FEW of them do.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from lib.domain.posts import Post
from lib.errors import Malformed
from lib.sources.reddit.asking import Answer
from lib.sources.reddit.items import Item, read_item
from lib.sources.reddit.verdicts import SOURCE, Question

FEW = 5

# dates are whole seconds, and a second may be spread over two pages
_SECOND = timedelta(seconds=1)


class Listing(NamedTuple):
    """Things in Reddit's order, whether older ones follow, and Reddit's clock (UTC) when it answered, if it said so.
    `asked` counts the calls that it took.
    """

    items: tuple[Item, ...]
    more: bool
    at: datetime | None
    asked: int = 1

    @property
    def names(self) -> list[str]:
        """The fullnames, in Reddit's order."""
        return [item.name for item in self.items if item.name]

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts, in Reddit's order."""
        return tuple(item.post for item in self.items if item.post is not None)

    @property
    def gone(self) -> tuple[str, ...]:
        """The fullnames of what is gone."""
        return tuple(item.name for item in self.items if item.is_gone)

    @property
    def refused(self) -> Mapping[str, int]:
        """How many things are neither, by reason."""
        return Counter(item.refused for item in self.items if item.refused)

    @property
    def floor(self) -> datetime | None:
        """From this moment on nothing stands on later pages; None where no thing has a date."""
        oldest = sorted(self._dates())[:FEW]
        return oldest[-1] + _SECOND if oldest else None

    @property
    def newest(self) -> datetime | None:
        """The moment of things that are among the newest for certain; None where no thing has a date."""
        newest = sorted(self._dates(), reverse=True)[:FEW]
        return newest[-1] if newest else None

    def reaches(self, moment: datetime, *, few: int) -> bool:
        """Whether `few` things are no newer than `moment`: whatever is newer stands here or on earlier pages."""
        return sum(date <= moment for date in self._dates()) >= few

    def _dates(self) -> list[datetime]:
        return [item.published_at for item in self.items if item.published_at is not None]


def read_listing(answer: Answer, question: Question) -> Listing:
    """The listing in `answer`. Raises Malformed where there is none, or none that can be followed."""
    data = answer.data.get("data") if isinstance(answer.data, dict) and answer.data.get("kind") == "Listing" else None
    things = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(things, list):
        raise Malformed(SOURCE, f"Reddit's answer is no listing when asked for {question.words}.")
    listing = Listing(tuple(read_item(thing) for thing in things), bool(data.get("after")), answer.at)
    if listing.more and not listing.names:
        raise Malformed(SOURCE, f"Reddit's answer names nothing to go on from when asked for {question.words}.")
    return listing
