"""From a post to its reading: which symbols it mentions and how it scores. It does not know where either is kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from lib.domain.posts import full_text
from lib.domain.sentiment import Mention, Score
from lib.domain.symbols import Listing
from lib.scoring.mentions import values_of_mentions
from lib.scoring.registry import Scorer


class Resolver(Protocol):
    """Finds symbols in a text, as lib.tickers does."""

    def resolve(self, text: str, *, lang: str | None = None, at: date | None = None) -> Iterable[Mention]: ...


class Reading(msgspec.Struct, frozen=True):
    """What was read from one text: at most one mention of a symbol, by the symbol's id, and a score by each scorer.

    `of_mentions` has, for each scorer, a value for each mention: how the text speaks of that one. A scorer that does
    not tell mentions apart says of each what it says of the text. Empty unless asked for.
    """

    mentions: tuple[tuple[int, Mention], ...]
    scores: tuple[Score, ...]
    of_mentions: tuple[tuple[float, ...], ...] = ()


class Reader:
    """Reads texts with one set of listings and scorers; built anew when listings change. Safe for several threads."""

    def __init__(self, listings_by_id: Mapping[int, Listing], resolver: Resolver, scorers: Sequence[Scorer]) -> None:
        self.scorers = tuple(scorers)
        self._ids = {listing.symbol: symbol_id for symbol_id, listing in listings_by_id.items()}
        self._resolver = resolver

    def read(
        self,
        title: str | None,
        text: str,
        *,
        lang: str | None = None,
        at: date | None = None,
        per_mention: bool = False,
    ) -> Reading:
        """The reading of a post of the day `at` (UTC). Of several mentions of a symbol the surest stays."""
        whole = full_text(title, text)
        surest: dict[int, Mention] = {}
        for mention in self._resolver.resolve(whole, lang=lang, at=at):
            symbol_id = self._ids.get(mention.symbol)
            if symbol_id is None:
                continue
            known = surest.get(symbol_id)
            if known is None or (mention.confidence, -mention.start) > (known.confidence, -known.start):
                surest[symbol_id] = mention
        mentions = tuple(surest.items())
        scores = tuple(scorer.score(whole, lang=lang) for scorer in self.scorers)
        if not per_mention:
            return Reading(mentions, scores)
        places = [(mention.start, mention.end) for _, mention in mentions]
        return Reading(
            mentions,
            scores,
            tuple(
                tuple(values_of_mentions(scorer, whole, places, lang=lang, whole=score.value))
                for scorer, score in zip(self.scorers, scores, strict=True)
            ),
        )
