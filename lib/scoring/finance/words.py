"""From a text to words that are looked into once: kind, stem, classes, number. It does not know what a word weighs.

Names are masked: a capitalised word that is neither in the lexicon nor common in small letters becomes one placeholder,
as a cashtag does, so that nothing can be learned about a company. Numbers become their form: `-#%`, `$#`, `#m`.
"""

import re
from collections.abc import Callable, Container, Sequence
from functools import lru_cache

from lib.scoring.finance.lexicon import classes_of, lexicon, stem
from lib.scoring.vader_words import lexicon as vader_lexicon

NAME = "ENT"
LINK = "URL"

_EMOJI = "\U0001f1e6-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u23e9-\u23fa\u25a0-\u25ff\u203c\u2049\u3030"
_TOKEN = re.compile(
    rf"""
  (?P<link>https?://\S*|www\.\S+|pic\.twitter\S*)
| (?P<cashtag>\$[A-Za-z][A-Za-z.\-_]{{0,6}}(?![A-Za-z]))
| (?P<handle>@\w+)
| (?P<hashtag>\#[^\W\d]\w*)
| (?P<entity>&(?:[a-z]{{2,6}}|\#\d{{1,5}});)
| (?P<number>[+\-−–]?(?:rs\.?|[$€£¥₹])?[+\-−]?\d[\d,]*(?:\.\d+)?(?:%|[a-z]{{1,3}}(?![a-z]))?|[+\-]?\.\d+%?)
| (?P<word>[^\W\d_](?:[^\W_]|['’&.](?=[^\W_]))*)
| (?P<emoji>[{_EMOJI}][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*)
| (?P<emoticon>[:;=]-?(?:[)(\]/]|[dp](?!\w))|<3)
| (?P<mark>[?!]+|\.{{2,}}|…|[.,;:()\[\]|/\-–—"'“”‘’*%+<>=~])
""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"([+\-−–]?)(?:rs\.?|([$€£¥₹]))?([+\-−]?)([\d,]*\.?\d*)(.*)", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNITS = {
    **dict.fromkeys(("%", "pc", "pct"), "%"),
    **dict.fromkeys(("k", "m", "mn", "mln", "b", "bn", "bln", "t", "cr", "p"), "m"),
    **dict.fromkeys(("st", "nd", "rd", "th"), "o"),
    **dict.fromkeys(("am", "pm"), "t"),
    "x": "x", "bps": "b", "c": "c",
}  # fmt: skip
_FACTORS = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "bln": 1e9}

_ENDS_CLAUSE = frozenset(';:|…()[]—–"“”.?!') | {"!!", "??"}
_SUBORDINATES = frozenset((
    "as", "after", "on", "amid", "despite", "while", "although", "though", "but", "even", "because", "due",
    "following", "ahead", "until", "unless", "before", "since", "by",
))  # fmt: skip

# what is counted over a text, each in so many bits of one whole number, because adding those is the fastest
TALLIED = ("word", "capital", "cashtag", "hashtag", "link", "handle", "emoji", "number", "negation", "phrase", "slang")
SLANG = ("slang+", "slang-")
TALLY_BITS = 24
_ONE = {name: 1 << TALLY_BITS * place for place, name in enumerate(TALLIED)}

_LINKS = ("https://", "http://")
_NO_CLASSES: tuple[str, ...] = ()
# stands for every word that is a name and nothing else
_ANY_NAME = "Xx"
# kinds of which every one says the same
_ALIKE = frozenset(("link", "handle", "cashtag", "entity"))

_LONGEST = 40
_KEPT_LENGTH = 24
_KEPT = 1 << 17
_NEVER = 1 << 60


class Word:
    """A token. `symbol` names its leading class, empty where it has none that can act on others.

    `evidence` and `square` are what a reader of weights keeps with it: see lib.scoring.finance.weights.
    """

    __slots__ = (
        "begins_part", "capital", "classes", "ends_clause", "evidence", "key", "kind", "lower", "negates", "number",
        "phrases", "square", "stem", "symbol", "tally", "valence", "variants",
    )  # fmt: skip

    def __init__(self, kind: str, raw: str, common: Container[str] | None) -> None:
        self.kind = kind
        self.lower = raw.lower().replace("’", "'")
        self.capital = raw[0].isupper()
        self.classes = _NO_CLASSES
        self.number: float | None = None
        self.valence = 0.0
        self.stem = self.lower
        key: str = getattr(self, f"_{kind}")(raw)
        is_name = kind == "word" and common is not None and self.capital and self.lower not in common
        self.key = NAME if is_name and not self.classes else key
        self.symbol = self.classes[0].upper() if self.classes and self.classes[0] != "time" else ""
        self.phrases = lexicon().phrases.get(self.stem)
        self.negates = "not" in self.classes
        self.ends_clause = kind == "mark" and self.key in _ENDS_CLAUSE
        self.begins_part = kind == "word" and self.lower in _SUBORDINATES
        self.tally = self._tally()
        self.evidence = 0j
        self.square = 0.0
        self.variants: dict[int, tuple[complex, float]] = {}

    def _word(self, raw: str) -> str:
        self.classes = classes_of(self.lower)
        self.valence = vader_lexicon().get(self.lower, 0.0)
        self.stem = stem(self.lower)
        return self.stem

    def _hashtag(self, raw: str) -> str:
        self.lower = self.stem = self.lower[1:]
        self.classes = classes_of(self.lower)
        self.valence = vader_lexicon().get(self.lower, 0.0)
        return f"#{self.lower}"

    def _number(self, raw: str) -> str:
        found = _NUMBER.match(self.lower)
        assert found is not None
        before, money, after, digits, unit = found.groups()
        try:
            self.number = float(digits.replace(",", "")) * _FACTORS.get(unit, 1.0)
        except ValueError:
            self.number = 0.0
        sign = "-" if (before or after) in ("-", "−", "–") else before or after
        year = "y" if not money and _YEAR.fullmatch(digits) else ""
        form = _UNITS.get(unit, "?") if unit else year
        return f"{sign}{'$' if money else ''}#{form}"

    def _emoji(self, raw: str) -> str:
        self.classes = lexicon().words.get(raw[0], ())
        return raw[0]

    def _emoticon(self, raw: str) -> str:
        self.valence = vader_lexicon().get(raw, 0.0)
        return raw

    def _mark(self, raw: str) -> str:
        if len(raw) == 1:
            return raw
        return raw[0] * 2 if raw[0] in "?!" else "…"

    def _cashtag(self, raw: str) -> str:
        return NAME

    def _handle(self, raw: str) -> str:
        return "@"

    def _link(self, raw: str) -> str:
        return LINK

    def _entity(self, raw: str) -> str:
        return "&"

    def _tally(self) -> int:
        tally = _ONE.get(self.kind, 0)
        if self.kind == "word" and self.capital:
            tally += _ONE["capital"]
        if self.negates:
            tally += _ONE["negation"]
        if self.phrases:
            tally += _ONE["phrase"]
        if self.classes and self.classes[0] in SLANG:
            tally += _ONE["slang"]
        return tally


class Words(dict[str, tuple[Word, ...]]):
    """What stands between two spaces → its words, looked into once; bounded, whatever is read."""

    def __init__(self, common: Container[str] | None = None, weigh: Callable[[Word], None] | None = None) -> None:
        """`common`: the words in small letters that are no names; None masks nothing but cashtags. `weigh` is given
        each new word once.
        """
        super().__init__()
        self._common = common
        self._weigh = weigh
        self._words: dict[tuple[str, str], Word] = {}

    def __missing__(self, part: str) -> tuple[Word, ...]:
        if part.startswith(_LINKS):
            # never the same again, so nothing to be kept
            return (self._word("link", part),)
        if part[0] == "@" and part[1:].isalnum():
            return (self._word("handle", part),)
        if part.isascii() and part.isalpha():
            words: tuple[Word, ...] = (self._word("word", part[:_LONGEST]),)
        else:
            words = tuple([self._word(found.lastgroup or "", found[0][:_LONGEST]) for found in _TOKEN.finditer(part)])
        if len(part) <= _KEPT_LENGTH:
            if len(self) >= _KEPT:
                self.clear()
            self[part] = words
        return words

    def read(self, text: str) -> tuple[list[Word], list[tuple[Word, ...]], list[str]]:
        """The words of `text` in their order; and the same by the parts between spaces, and these, from which `spans`
        tells where the words are.
        """
        parts = text.split()
        chunks = [self[part] for part in parts]
        return [word for chunk in chunks for word in chunk], chunks, parts

    def _word(self, kind: str, raw: str) -> Word:
        if kind in _ALIKE:
            raw = kind
        elif kind == "word" and self._is_name(raw):
            raw = _ANY_NAME
        word = self._words.get((kind, raw))
        if word is None:
            if len(self._words) >= _KEPT:
                self._words.clear()
            word = Word(kind, raw, self._common)
            if self._weigh is not None:
                self._weigh(word)
            self._words[kind, raw] = word
        return word

    def _is_name(self, raw: str) -> bool:
        if self._common is None or not raw[0].isupper():
            return False
        lower = raw.lower().replace("’", "'")
        return lower not in self._common and not classes_of(lower) and stem(lower) not in lexicon().in_phrases


def spans(text: str, parts: Sequence[str]) -> list[tuple[int, int]]:
    """Where each word of a text that was read stands in it: code points [start, end)."""
    found: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        at = text.index(part, at)
        found += [(at + begin, at + end) for begin, end in _spans_within(part)]
        at += len(part)
    return found


def spans_of(
    text: str, chunks: Sequence[tuple[Word, ...]], parts: Sequence[str], ranges: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Where each of `ranges`, a first and a last word, one behind the other, stands in a text that was read."""
    found: list[tuple[int, int]] = []
    wanted = iter(ranges)
    first, last = next(wanted, (-1, -1))
    at = number = begin = 0
    for chunk, part in zip(chunks, parts, strict=True):
        if last < 0:
            break
        at = text.index(part, at)
        after = number + len(chunk)
        while first < after:
            within = _spans_within(part)
            if first >= number:
                begin = at + within[first - number][0]
            if last >= after:
                break
            found.append((begin, at + within[last - number][1]))
            first, last = next(wanted, (_NEVER, -1))
        number = after
        at += len(part)
    return found


def _spans_within(part: str) -> list[tuple[int, int]]:
    if (part.isalpha() and part.isascii()) or part.startswith(_LINKS):
        return [(0, len(part))]
    return _looked_up(part) if len(part) <= _KEPT_LENGTH else _looked_up.__wrapped__(part)


@lru_cache(_KEPT)
def _looked_up(part: str) -> list[tuple[int, int]]:
    return [found.span() for found in _TOKEN.finditer(part)]
