"""Who may be meant by a name or ticker, and on which days. It does not know how a name is found in a text.

Where several listings claim one name, the better claim goes first: an own alias, an imported one, the registered name,
a shortened one; and common shares alone speak for the name of a company.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from lib.domain.symbols import Former, Listing
from lib.tickers import tables
from lib.tickers.names import Share

_FEW_LETTERS = 4


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One listing that a name may mean. It exists on the days [first, last)."""

    symbol: str
    first: date
    last: date


class Grade(IntEnum):
    """How a listing came by a name; the lower, the better."""

    OWN_ALIAS = 0
    ALIAS = 1
    REGISTERED = 2
    SHORTENED = 3


class Bid(NamedTuple):
    """A claim to one name; bids compare by these fields in this order."""

    grade: Grade
    share: Share
    delisted: bool
    length: int
    claim: Claim


Claims = tuple[Claim, ...]


class Days(NamedTuple):
    """A listing's claims: to its names, to its ticker, and by former ticker to that, in its days and since."""

    whole: Claim
    present: Claim
    former: list[tuple[str, Claim, Claim]]


def former_symbols(listings: Iterable[Listing]) -> dict[str, tuple[Former, ...]]:
    """By symbol, the former ones of each listing: as it says, or else as is commonly known of it.

    What is known of a symbol is known of the company; so nobody has it who took a symbol that the company gave up.
    """
    said = {listing.symbol: listing.former for listing in listings}
    known = {symbol: former for symbol, former in tables.renames().items() if symbol in said}
    given_up = {former.symbol for symbol, chain in known.items() for former in chain if former.symbol != symbol}
    return {symbol: former or (() if symbol in given_up else known.get(symbol, ())) for symbol, former in said.items()}


def days_of(listing: Listing, former_ones: Iterable[Former]) -> Days:
    """On which days the names and tickers of `listing`, which had the symbols `former_ones`, mean it."""
    symbol, last = listing.symbol, listing.delisted_on or date.max
    known = [former for former in former_ones if former.until <= last]
    first = listing.listed_on or date.min
    if known and first >= known[-1].until:
        # some lists have the day of the latest change here
        first = date.min
    ends = [*(former.until for former in known), first]
    return Days(
        whole=Claim(symbol, first, last),
        present=Claim(symbol, ends[0], last),
        former=[
            (former.symbol, Claim(symbol, begin, former.until), Claim(symbol, former.until, last))
            for former, begin in zip(known, ends[1:], strict=True)
        ],
    )


def existing(claims: Claims, at: date | None) -> Claim | None:
    """The best claim that exists on `at`; without a day, the best that exists now, or else the best that ever did."""
    if at is None:
        for claim in claims:
            if claim.last is date.max:
                return claim
        return claims[0] if claims else None
    for claim in claims:
        if claim.first <= at < claim.last:
            return claim
    return None


def ranked(text: str, bids: Iterable[Bid]) -> list[Bid]:
    """The bids for the name `text`, best first.

    Of a few letters that both a Korean and a US company are registered under, as KT, the name is the Korean one's. The
    US one is not lost by that: its ticker says the same.
    """
    best = sorted(bids)
    if len(text) > _FEW_LETTERS or best[0].grade <= Grade.ALIAS:
        return best
    return [bid for bid in best if is_korean(bid.claim.symbol)] or best


def is_korean(symbol: str) -> bool:
    """Is `symbol` listed on a Korean exchange?"""
    return symbol.endswith((".KS", ".KQ"))
