"""Keys by which copies of a text are found: two texts with a common key say the same in nearly the same words.

A repost, another link, handle or tag at the end, other letters, spaces and marks leave a text its keys. What tells
texts apart never does: numbers, negations, words of direction, questions, the stocks and their order are part of every
key. Short texts must agree word for word. The pairs of neighbouring words of a longer one are dealt out over _PARTS keys
by their hashes, each key standing for all pairs of its part: so texts that differ in no more than two pairs share one,
as with a word more at the end, and texts of which many pairs differ hardly ever do. A text that was cut off is found by
how it begins.

It does not know posts, nor when one text was said before another.
"""

import html
import re
from collections.abc import Collection, Sequence
from hashlib import blake2b
from itertools import pairwise
from zlib import crc32

from lib.text.addresses import blank_addresses
from lib.text.normalise import fold
from lib.text.telling import is_telling

# the two lowest bits of a key: what it stands for
WHOLE, BEGINNING, CUT = 0, 1, 3

_PARTS = 3
_LEAST_PAIRS = 3
# fewer words than this must all agree
_LONG = 12
# with fewer words of its own a text is a copy only of what the same author said
_SAYS_SOMETHING = 2
_BEGINNING = 10
_LEAST_CUT = 100
_MOST = 20_000

_REPOST = re.compile(r"[\s\"'“”«(\[]*(?:(?:rt|mt)\s*:?\s*@\w+\s*:?\s*)+")
_CUT = re.compile(r"\S*(?:…|\.\.\.)\s*\Z")
_NAMED_BY = re.compile(r"\b(?:via|by|from|h/t|cc)\s+(?=@)")
_WORD = re.compile(
    r"\$[^\W\d_][\w.-]*"
    r"|(?:(?<![\w.,])[+-])?\$?\d(?:[\d.,]*\d)?(?:%|\w+)?"
    r"|#?\w+(?:'\w+)*"
    "|[?\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
)
_MASK = (1 << 64) - 1
_MIX = 0x9E3779B97F4A7C15


def text_keys(text: str, stocks: Sequence[int], *, author: str | None, secret: bytes) -> list[int]:
    """The keys of `text`: 64 bits, signed, in no order. They tell nobody who lacks `secret` whether a text was said.

    `stocks` are the ids of the stocks it mentions in their order; `author` whoever said it, if known. None for a text
    that says nothing of its own by nobody known. The time is linear in the text's first 20,000 code points.
    """
    words, was_cut = words_of(text)
    named = ",".join(map(str, stocks))
    if sum([word[0] not in "$+-0123456789" for word in words]) < _SAYS_SOMETHING:
        return [] if author is None else [_key(secret, WHOLE, f"{named}\n{author}\n{' '.join(words)}")]
    if len(words) < _LONG:
        keys = [_key(secret, WHOLE, f"{named}\n\n{' '.join(words)}")]
    else:
        telling = " ".join([word for word in words if is_telling(word)])
        keys = [_key(secret, WHOLE, f"{named}\n{part}\n{telling}") for part in _parts(words)]
    if len(words) >= _BEGINNING:
        keys.append(_key(secret, CUT if was_cut else BEGINNING, f"{named}\n{' '.join(words[:_BEGINNING])}"))
    return keys


def are_copies(later: Collection[int], earlier: Collection[int]) -> bool:
    """Is the text with the keys `later` a copy of the one with the keys `earlier`, said before it?

    A text that was cut off may be a copy of a whole one, never the other way round: several may begin as it does.
    """
    return any(key & 3 != BEGINNING and (key in earlier or key & ~2 in earlier) for key in later)


def words_of(text: str) -> tuple[list[str], bool]:
    """What of `text` is compared, in small letters, and whether its end was cut off.

    >>> words_of("RT @ann: $AAPL up +5.0% today, isn’t it? http://t.co/x #stocks #bullish")
    (['$aapl', 'up', '+5.0%', 'today', "isn't", 'it', '?', 'bullish'], False)
    """
    text = text[:_MOST]
    if "&" in text:
        text = html.unescape(text)
    plain = bare = fold(text).text.lower()
    was_cut = False
    if "@" in plain:
        if (repost := _REPOST.match(plain)) is not None:
            bare = plain[repost.end() :]
        bare = _NAMED_BY.sub("", bare)
    if ("…" in bare or "..." in bare) and (len(bare) < len(plain) or len(plain) >= _LEAST_CUT):
        cut = _CUT.search(bare)
        if cut is not None:
            bare, was_cut = bare[: cut.start()], True
    words = _WORD.findall(blank_addresses(bare))
    if "#" in bare:
        words = _without_tags(words)
    return [word if word.isalpha() else word.rstrip(".-").replace(",", "") for word in words], was_cut


def _without_tags(words: list[str]) -> list[str]:
    """`words` without the tags at their end, but for telling ones; those further in are words. Only tags: all stay."""
    last = len(words)
    while last and words[last - 1][0] == "#":
        last -= 1
    kept = [*words[:last], *(word for word in words[last:] if is_telling(word[1:]))] if last else words
    return [word.lstrip("#") for word in kept]


def _parts(words: Sequence[str]) -> list[str]:
    """The pairs of neighbouring words, dealt out by their hashes: for each part large enough one number for all."""
    numbers = [crc32(word.encode("utf-8", "replace")) for word in words]
    parts: list[set[int]] = [set() for _ in range(_PARTS)]
    for first, second in pairwise(numbers):
        pair = ((first * _MIX ^ second) * _MIX & _MASK) >> 8
        parts[pair % _PARTS].add(pair)
    return [f"{n} {sum(pairs) & _MASK}" for n, pairs in enumerate(parts) if len(pairs) >= _LEAST_PAIRS]


def _key(secret: bytes, kind: int, what: str) -> int:
    digest = blake2b(what.encode("utf-8", "replace"), key=secret, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) & ~3 | kind
