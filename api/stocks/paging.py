"""Pages of what a search found: where the next one begins, though listings come and go in between. It does not search
by itself.
"""

from typing import TYPE_CHECKING, Annotated, NamedTuple

from msgspec import Meta

if TYPE_CHECKING:
    from lib.search.index import Match, SearchIndex  # a first search pays for it, not the start

_ALL = 1_000_000


class After(NamedTuple):
    """The last match of a page: the next page begins behind it, wherever it stands by then."""

    score: float
    symbol: Annotated[str, Meta(max_length=100)]


def page_of(index: "SearchIndex", q: str, limit: int, after: After | None) -> tuple[list["Match"], After | None]:
    """At most `limit` matches of `q` behind `after`, and what the page after them begins behind, or None.

    What was listed since neither repeats nor hides a match. Where the last match itself is gone, its equals in score
    are shown again, rather than hidden.
    """
    if after is None:
        found = index.search(q, limit=limit + 1)
    else:
        found = index.search(q, limit=_ALL)
        found = found[_place(found, after) :]
    page = found[:limit]
    return page, After(page[-1].score, page[-1].listing.symbol) if len(found) > limit else None


def _place(found: list["Match"], after: After) -> int:
    for place, match in enumerate(found):
        if match.listing.symbol == after.symbol:
            return place + 1
    return next((place for place, match in enumerate(found) if match.score <= after.score), len(found))
