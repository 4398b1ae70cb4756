"""Text to mentions: one pass over the text for all that is listed, then evidence, and one mention per symbol.

Names with Hangul come first, being the longer ones, then cashtags and the names that need nothing; what needs evidence
comes last, as a stock that is surely meant makes others likelier. It abstains rather than guesses: what it finds is
meant to be right, not complete. It does not know today's date: `at` says on which day listings must exist.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from lib.domain.sentiment import Mention
from lib.domain.symbols import Listing
from lib.text.addresses import blank_addresses
from lib.text.hangul import has_hangul, is_syllable, syllables_at
from lib.text.normalise import fold
from lib.text.particles import leaves_name_whole
from lib.tickers.bare import Candidate, introduced_at, list_along, ticker_confidence
from lib.tickers.cashtags import NEAR_BUTTON, cashtag_at, find_cashtags, is_button, is_plain_word
from lib.tickers.claims import existing
from lib.tickers.context import stock_word_after
from lib.tickers.dictionary import Dictionary, Pattern, Tag
from lib.tickers.evidence import hangul_confidence, latin_confidence
from lib.tickers.names import as_letters
from lib.tickers.needs import Need
from lib.tickers.reading import Reading

_MANY_TAGS = 10
_SURE, _LISTED_OFF = 0.99, 0.9
_INTRODUCED = 0.96
# what may stand on either side of a cashtag and leaves nothing to look into
_APART = frozenset(("", *" \n\r\t,:!?;'\"()[]*|“”–—•"))
_MARKS = ".-/_"

Match = tuple[int, int, int]


class Resolver:
    """Finds the listings that texts are about. 12,000 take a second; `resolve` is safe from any thread."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._dictionary = Dictionary(listings)
        self._find_latin = self._dictionary.find_latin.find_matches_as_indexes
        self._find_hangul = self._dictionary.find_hangul.find_matches_as_indexes

    def __reduce__(self) -> tuple[object, ...]:
        # the automata cannot travel between processes, what they are built from can
        return (Resolver, (self._dictionary.listings,))

    def resolve(self, text: str, *, lang: str | None = None, at: date | None = None) -> tuple[Mention, ...]:
        """The stocks `text` mentions: one mention per symbol, by position; spans count code points of `text`.

        `lang` is what the source said of the language, if it did; `at` keeps to listings that existed on that day.
        """
        if text.isascii():
            return self._read(text, lang, at)
        folded = fold(text)
        mentions = self._read(folded.text, lang, at)
        if folded.starts is None:
            return mentions
        return tuple(Mention(m.symbol, m.method, m.confidence, *folded.span(m.start, m.end)) for m in mentions)

    def unlisted_cashtags(self, text: str) -> list[tuple[str, ...]]:
        """How each cashtag of `text` may be spelt, likeliest first, of those that no listing has."""
        if "$" not in text and text.isascii():
            return []
        tickers = self._dictionary.tickers
        tags = find_cashtags(blank_addresses(fold(text).text))
        return [spellings for spellings in tags if not any(spelling in tickers for spelling in spellings)]

    def _read(self, text: str, lang: str | None, at: date | None) -> tuple[Mention, ...]:
        # a space in front, as every name has: so a match begins in the text where it begins in `letters`
        padded = f" {text} "
        letters = as_letters(padded)
        if b"&" in letters:
            # it is part of a name, as in AT&T, unless a cashtag follows, or an entity was left undecoded
            letters = letters.replace(b"&amp ", b"     ").replace(b"&$", b" $")
        matches = self._find_latin(letters, True)
        if not text.isascii() and has_hangul(text):
            reading = Reading(text, at, lang)
            self._hangul_names(reading, self._find_hangul(text.lower(), True))
        elif matches:
            reading = Reading(text, at, lang)
        else:
            return ()
        if matches:
            self._latin(reading, padded, matches)
        return reading.mentions()

    def symbol_of(self, ticker: str, *, at: date | None = None) -> str | None:
        """The symbol that `ticker`, written by itself and in whatever letters, means on the day `at`, if any."""
        claim = existing(self._dictionary.tickers.get(ticker.strip().removeprefix("$").upper(), ()), at)
        return None if claim is None else claim.symbol

    def _latin(self, reading: Reading, padded: str, matches: list[Match]) -> None:
        patterns = self._dictionary.latin
        text = reading.text
        others: list[tuple[Pattern, int, int]] = []
        for index, start, end in self._longest(text, matches) if len(matches) > 1 else matches:
            pattern = patterns[index]
            if isinstance(pattern, Tag):
                before, after = padded[start - 1], padded[end - 1]
                if (
                    pattern.is_simple
                    and before in _APART
                    and (after in _APART or (after == "." and padded[end] in _APART))
                    and padded[start + 1 : end - 1] == pattern.ticker
                ):
                    # as most are: nothing around it to look into
                    reading.tags += reading.add(pattern.claims, "cashtag", _SURE, start - 1, end - 2)
                elif not before.isalnum():
                    self._cashtag(reading, pattern, start - 1, end - 2)
                continue
            if not pattern.loud or text[end - 3].isupper():
                others.append((pattern, start, end - 2))
        if others:
            self._others(reading, others)
        elif reading.tags > _MANY_TAGS:
            reading.weaken("cashtag", _LISTED_OFF)

    def _others(self, reading: Reading, others: Sequence[tuple[Pattern, int, int]]) -> None:
        """Reads what is no cashtag: most of it names a stock over again whose cashtag stands beside it."""
        unsure: list[Candidate] = []
        for pattern, start, end in others:
            if pattern.claims and reading.by_symbol and reading.is_sure_of(pattern.claims):
                continue
            name = pattern.name
            if name is None:
                if pattern.ticker is not None:
                    unsure.append(Candidate(pattern, start, end))
                elif pattern.introduces:
                    self._introduced(reading, start)
            elif name.need is not Need.NOTHING:
                unsure.append(Candidate(pattern, start, end))
            elif not reading.is_taken(start, end) and not reading.is_address(start, end):
                reading.add(name.claims, name.method, name.confidence, start, end)
        if reading.tags > _MANY_TAGS:
            reading.weaken("cashtag", _LISTED_OFF)
        if unsure:
            self._weigh(reading, unsure)

    def _longest(self, text: str, matches: list[Match]) -> list[Match]:
        """Of matches that overlap, the leftmost and of those the longest; they come by their ends."""
        last = 0
        for _, start, end in matches:
            if start < last:
                break
            # the space between two words belongs to both
            last = end - 1
        else:
            return matches
        patterns = self._dictionary.latin
        found: list[Match] = []
        last = 0
        for match in sorted(matches, key=_leftmost_longest):
            index, start, end = match
            mark = patterns[index].mark
            # a mark is no space: "BRK b" is no BRK-B
            if start >= last and not (mark and text[start + mark] not in _MARKS):
                found.append(match)
                last = end - 1
        return found

    def _cashtag(self, reading: Reading, tag: Tag, start: int, end: int) -> None:
        text = reading.text
        claims = tag.claims
        after = text[end : end + 1]
        if text[start - 1 : start] in _APART and not tag.mark and (after in _APART or _ends_sentence(text, end)):
            if is_plain_word(text[start + 1 : end]) and not (end - start == 2 and stock_word_after(text, end)):
                return
        else:
            # an address may be around it, or more of the ticker behind it
            found = None if reading.is_address(start + 1, end) else cashtag_at(text, start)
            if found is None:
                return
            spellings, end = found
            tickers = self._dictionary.tickers
            ticker = next((spelling for spelling in spellings if spelling in tickers), spellings[0])
            claims = tickers.get(ticker, ())
        if tag.is_network and (start - reading.button_end < NEAR_BUTTON or is_button(text, start)):
            reading.button_end = end
        elif claims and reading.add(claims, "cashtag", _SURE, start, end):
            reading.tags += 1

    def _introduced(self, reading: Reading, start: int) -> None:
        found = introduced_at(reading.blanked, start)
        if found is not None:
            ticker, begin, end = found
            claims = self._dictionary.tickers.get(ticker)
            if claims is not None:
                reading.add(claims, "ticker", _INTRODUCED, begin, end)

    def _weigh(self, reading: Reading, unsure: Sequence[Candidate]) -> None:
        """Believes what has the evidence that it needs: names first, then bare tickers."""
        tickers: list[Candidate] = []
        for candidate in unsure:
            pattern, start, end, _ = candidate
            name = pattern.name
            if reading.is_sure_of(pattern.claims) or reading.is_taken(start, end) or reading.is_address(start, end):
                continue
            if name is not None:
                confidence = latin_confidence(reading, name, start, end)
                if confidence and reading.add(name.claims, name.method, confidence, start, end):
                    continue
            if pattern.ticker is not None:
                tickers.append(candidate)
        if len(tickers) > 1:
            tickers = list_along(reading.text, tickers)
            # capitals are the surer ones, and make others likelier
            tickers.sort(key=lambda candidate: reading.text[candidate.end - 1].islower())
        counts = Counter(candidate.pattern.ticker for candidate in tickers) if len(tickers) > 1 else {}
        for candidate in tickers:
            ticker = candidate.pattern.ticker or ""
            others = bool(reading.by_symbol) or counts.get(ticker, 1) > 1
            confidence = ticker_confidence(reading, candidate, others=others)
            if confidence:
                claims = self._dictionary.tickers[ticker]
                reading.add(claims, "ticker", confidence, candidate.start, candidate.end)

    def _hangul_names(self, reading: Reading, matches: list[Match]) -> None:
        names = self._dictionary.hangul
        text = reading.text
        last = 0
        for index, start, end in sorted(matches, key=_leftmost_longest):
            if start < last or (start and _continues(text[start - 1], text[start])) or not _ends_well(text, end):
                continue
            last = end
            name = names[index]
            if not reading.is_address(start, end):
                confidence = hangul_confidence(reading, name, start, end)
                if confidence and reading.add(name.claims, name.method, confidence, start, end):
                    reading.take(start, end)


def _leftmost_longest(match: Match) -> tuple[int, int]:
    return match[1], -match[2]


def _ends_sentence(text: str, end: int) -> bool:
    return text[end] in ".-" and text[end + 1 : end + 2] in _APART


def _continues(before: str, first: str) -> bool:
    """Do two characters belong to one word, so that no name begins between them?"""
    if is_syllable(before):
        return True
    return before.isalnum() and before.isascii() and first.isascii() and first.isalnum()


def _ends_well(text: str, end: int) -> bool:
    """Does a name that ends at `end` end there: no letter follows, or only what may follow a name does?"""
    last = text[end - 1]
    tail = syllables_at(text, end)
    if tail:
        return leaves_name_whole(last, tail)
    following = text[end : end + 1]
    return not (last.isascii() and last.isalnum() and following.isascii() and following.isalnum())
