"""Which reads are kept as bytes, and what each of them is made of. It does not know how they are answered.

Only what is the same for everyone is here: no account, no posts (they may be deleted), no operations.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from time import time
from typing import NamedTuple

from api.tables import MOST_ROWS
from lib.cache.answers import Stamp
from lib.cache.versions import Versions
from lib.domain.sentiment import BUCKET
from lib.domain.symbols import parse_symbol

PREFIX = "/api/v1"

_PATH = re.compile(PREFIX + r"/(stocks|sentiment)(?:/([^/]+)(?:/([a-z]+))?)?")
_SETTLED = re.compile(rb"(^|&)as_of=")
# siblings of /sentiment/{symbol} that are no symbols
_OTHERS = frozenset({"analyze", "coverage", "gaps", "scorers", "stream", "trending"})

# longer questions are no read of ours, or one of which every client asks another
_LONGEST_QUERY = 512

_LIMIT = re.compile(rb"(?:^|&)limit=(\d{1,12})(?![^&])")

_Numbers = Callable[[Versions, str], tuple[int | None, ...]]


class Read(NamedTuple):
    """One hot read: its route as Litestar writes it, the symbol it is about, and whether its answer is a table. `ends`
    says that an answer about now ends with the five minutes of now.
    """

    template: str
    symbol: str
    numbers: _Numbers
    is_table: bool = False
    ends: bool = False


def _of_listings(versions: Versions, _: str) -> tuple[int | None, ...]:
    return (versions.listings(),)


def _of_symbol(versions: Versions, symbol: str) -> tuple[int | None, ...]:
    return versions.of(symbol), versions.listings()


def _of_symbol_and_sources(versions: Versions, symbol: str) -> tuple[int | None, ...]:
    return versions.of(symbol), versions.listings(), versions.coverage()


def _of_everything(versions: Versions, _: str) -> tuple[int | None, ...]:
    return versions.everything(), versions.listings(), versions.coverage()


@lru_cache(maxsize=4096)
def hot_read(path: str) -> Read | None:
    """The hot read at `path`, or None for every other path, also for what cannot be a symbol.

    >>> hot_read("/api/v1/stocks/$aapl/bars").symbol, hot_read("/api/v1/sentiment/AAPL/posts")
    ('AAPL', None)
    """
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    service, place, table = found.groups()
    if place is None:
        return Read(f"{PREFIX}/stocks", "", _of_listings) if service == "stocks" else None
    if service == "sentiment" and place in _OTHERS:
        is_trending = place == "trending" and table is None
        return Read(f"{PREFIX}/sentiment/trending", "", _of_everything, ends=True) if is_trending else None
    try:
        symbol = parse_symbol(place)
    except ValueError:
        return None
    template = f"{PREFIX}/{service}/{{symbol}}"
    match service, table:
        case "stocks", None:
            return Read(template, symbol, _of_symbol)
        case "stocks", "bars" | "insight":
            return Read(f"{template}/{table}", symbol, _of_symbol, is_table=True)
        case "sentiment", None:
            return Read(template, symbol, _of_symbol_and_sources, ends=True)
        case "sentiment", "series":
            return Read(f"{template}/{table}", symbol, _of_symbol, is_table=True)
    return None


class Question(NamedTuple):
    """A hot read with its query string; `settled` where it asks as of a moment."""

    read: Read
    query: bytes
    settled: bool


@lru_cache(maxsize=4096)
def question_of(path: str, query: bytes) -> Question | None:
    """The question at `path`; None for what is no hot read, or is not held as a whole."""
    read = hot_read(path)
    if read is None or len(query) > _LONGEST_QUERY or asks_for_many(query):
        return None
    return Question(read, query, _SETTLED.search(query) is not None)


def asks_for_many(query: bytes) -> bool:
    """Does `query` ask for more rows than one answer holds as a whole? Then it comes in pieces, or not at all."""
    found = _LIMIT.search(query)
    return found is not None and int(found[1]) > MOST_ROWS


def stamp_of(question: Question, versions: Versions) -> Stamp | None:
    """What an answer to `question` that is asked now depends on; None where that is not known.

    An answer as of a settled moment depends on nothing that changes, but on whose data it is.
    """
    read = question.read
    if question.settled:
        return (versions.origin,)
    numbers = read.numbers(versions, read.symbol)
    if None in numbers:
        return None
    window = int(time() // BUCKET.total_seconds()) if read.ends else 0
    return (versions.origin, window, *numbers)  # type: ignore[arg-type]  # no None is among them
