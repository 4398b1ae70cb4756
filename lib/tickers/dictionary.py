"""Listings to patterns: everything that may be written in a text and mean one of them, found in one pass.

It does not read texts; `resolver` does. What is written in Latin letters becomes bytes: a name or a bare ticker behind
a space, a cashtag behind its sign, a space at the end, so that a match is whole words by itself. A name with Hangul
becomes text, whose boundaries depend on particles. Who may be meant, `claims` says; what it takes to believe it,
`needs`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

from lib.domain.sentiment import Method
from lib.domain.symbols import Listing
from lib.text.hangul import has_hangul
from lib.tickers import tables
from lib.tickers.cashtags import CURRENCIES, NETWORKS
from lib.tickers.claims import Bid, Claim, Claims, Grade, days_of, former_symbols, ranked
from lib.tickers.names import Share, as_letters, company_key, key, share_of, shorter_keys, written_key
from lib.tickers.needs import Need, need_of

_CONFIDENCE = {Grade.OWN_ALIAS: 0.88, Grade.ALIAS: 0.88, Grade.REGISTERED: 0.93, Grade.SHORTENED: 0.82}
_FORMS = ("inc", "corp", "corporation", "plc", "ltd")


@dataclass(frozen=True, slots=True)
class Name:
    """What a company is called: its claims, best first, and what believing it takes."""

    claims: Claims
    method: Method
    need: Need
    confidence: float


@dataclass(frozen=True, slots=True)
class Tag:
    """A ticker behind a dollar sign. `mark` is where its letters have a mark inside, as BRK-B does, or 0.

    `is_network`: a share button may leave it behind. `is_simple`: neither of the two needs a thought.
    """

    ticker: str
    claims: Claims
    mark: int
    is_network: bool
    is_simple: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """One run of letters: the name it may be, the ticker, or both; neither where it only introduces or hides others.

    `claims` are those of the name, or else of the ticker. Of a bare ticker, `ordinary` says that it is an English word,
    `plain` that it is one or something else if written small, `popular` that everybody knows it; `mark` is as in Tag.
    What is `loud` is looked at in capitals only.
    """

    name: Name | None = None
    ticker: str | None = None
    claims: Claims = ()
    ordinary: bool = False
    plain: bool = False
    popular: bool = False
    loud: bool = False
    mark: int = 0
    introduces: bool = False


class Dictionary:
    """Patterns and tickers of a set of listings; immutable once built, so safe to share between threads."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        unique = {listing.symbol: listing for listing in listings if listing.symbol}
        self.listings: tuple[Listing, ...] = tuple(unique[symbol] for symbol in sorted(unique))
        self.tickers: dict[str, Claims] = {}
        names = self._names(self._collect())
        hangul = {text: name for text, name in names.items() if has_hangul(text)}
        self.hangul = tuple(hangul.values())
        self.find_hangul = AhoCorasick(list(hangul) or ["\0"])
        latin = self._latin_patterns({text: name for text, name in names.items() if text not in hangul})
        self.latin = tuple(latin.values())
        self.find_latin = BytesAhoCorasick([f"{text} ".encode() for text in latin])

    def _collect(self) -> dict[str, list[Bid]]:
        """Every name with its bids, and on the way the tickers with their claims."""
        bids: dict[str, list[Bid]] = defaultdict(list)
        successors: dict[str, list[Claim]] = defaultdict(list)
        former: dict[str, list[Claim]] = defaultdict(list)
        registered = {listing.symbol: company_key(listing.name) for listing in self.listings}
        renamed = former_symbols(self.listings)
        alone = _companies_by_beginning(registered.values())
        for listing in self.listings:
            days = days_of(listing, renamed[listing.symbol])
            claim = days.whole
            share = share_of(listing)
            for ticker in _tickers(listing.symbol):
                self.tickers[ticker] = (*self.tickers.get(ticker, ()), days.present)
            for ticker, then, later in days.former:
                successors[ticker].append(then)
                former[ticker].append(later)
            for grade, name in _names_of(listing, registered[listing.symbol], alone, speaks=share is Share.COMMON):
                if name.startswith("$"):
                    former[name[1:].upper()].append(claim)
                    continue
                bid = Bid(grade, share, listing.delisted_on is not None, len(listing.symbol), claim)
                if has_hangul(name):
                    bids[name.lower()].append(bid)
                else:
                    bids[name if "  " in name else key(name)].append(bid)
        self._listed = frozenset(self.tickers)
        # whoever has a ticker now, in its days it meant who had it then; once nobody has it, it is an old name
        for ticker, claims in former.items():
            self.tickers[ticker] = (*successors[ticker], *self.tickers.get(ticker, ()), *claims)
        return bids

    def _names(self, bids: Mapping[str, list[Bid]]) -> dict[str, Name]:
        names: dict[str, Name] = {}
        doubtful = {key(alias) for alias in tables.doubtful_aliases()}
        for text, rivals in bids.items():
            best = ranked(text, rivals)
            need = need_of(text, best[0], doubtful=text in doubtful)
            if need is not None:
                grade = best[0].grade
                method: Method = "alias" if grade <= Grade.ALIAS else "name"
                claims = tuple(dict.fromkeys(bid.claim for bid in best))
                names[text] = Name(claims, method, need, _CONFIDENCE[grade])
        return names

    def _latin_patterns(self, names: Mapping[str, Name]) -> dict[str, Pattern | Tag]:
        """What may be written in Latin letters, as `as_letters` has it, sign or space in front."""
        found: dict[str, Pattern | Tag] = {
            f" {_spaced(text)}": Pattern(name, claims=name.claims, loud=name.need is Need.KOREAN)
            for text, name in names.items()
        }
        for ticker in (*self.tickers, *NETWORKS):
            letters = as_letters(ticker).decode()
            mark = max(letters.find(" "), 0)
            if ticker not in CURRENCIES:
                found[f"${letters}"] = _tag(ticker, self.tickers.get(ticker, ()), mark)
            if len(ticker) > 1 and ticker in self.tickers and ticker not in tables.words("acronyms.txt"):
                name = names.get(letters)
                claims = self.tickers[ticker] if name is None else name.claims
                ordinary = letters in tables.words("words.txt")
                plain = ordinary or letters in tables.words("plain.txt")
                popular = self._is_popular(ticker)
                # a former ticker that nobody has now comes back in capitals
                loud = (plain or ticker not in self._listed) and not popular
                loud = loud and (name is None or name.need is Need.KOREAN)
                found[f" {letters}"] = Pattern(
                    name, ticker, claims, ordinary, plain, popular, loud, 0 if name else mark
                )
        # phrases that name nobody: being longer, they win over the name inside them
        found |= {f" {_spaced(phrase)}": Pattern() for phrase in tables.phrases("phrases.txt")}
        return found | {f" {name}": Pattern(introduces=True) for name in tables.phrases("exchanges.txt")}

    def _is_popular(self, ticker: str) -> bool:
        known = tables.aliases()
        return ticker in tables.words("popular.txt") or any(claim.symbol in known for claim in self.tickers[ticker])


def _names_of(listing: Listing, company: str, alone: Mapping[str, int], *, speaks: bool) -> Iterable[tuple[Grade, str]]:
    """What `listing`, registered as `company`, is called; `speaks` says that it speaks for the company."""
    for name in tables.aliases().get(listing.symbol, ()):
        yield Grade.OWN_ALIAS, name
    for name in listing.aliases:
        yield Grade.ALIAS, name
    if listing.name_ko:
        yield Grade.REGISTERED, listing.name_ko
    if not speaks:
        return
    yield Grade.REGISTERED, company
    if not has_hangul(listing.name):
        yield Grade.REGISTERED, written_key(listing.name)
    if company in tables.words("words.txt"):
        for form in _FORMS:
            yield Grade.REGISTERED, f"{company} {form}"
    for name in shorter_keys(company):
        if len(name) > 2 and alone[name] == 1:
            yield Grade.SHORTENED, name


def _tickers(symbol: str) -> list[str]:
    """How the ticker of a symbol is written: itself, and a Korean code without its market."""
    code, dot, market = symbol.rpartition(".")
    return [symbol, code] if dot and market in ("KS", "KQ") else [symbol]


def _companies_by_beginning(companies: Iterable[str]) -> dict[str, int]:
    """How many different companies begin with these words, for every run of first words."""
    counts: dict[str, int] = defaultdict(int)
    for company in set(companies):
        words = company.split()
        for length in range(1, len(words) + 1):
            counts[" ".join(words[:length])] += 1
    return counts


def _tag(ticker: str, claims: Claims, mark: int) -> Tag:
    is_network = ticker in NETWORKS
    return Tag(ticker, claims, mark, is_network, not mark and not is_network)


def _spaced(text: str) -> str:
    """The key of a name as `as_letters` would have it: an apostrophe is a space."""
    return text.replace("'", " ")
