"""Keys by which copies of a text are found: two texts with a common key say the same in nearly the same words.

A repost, another link, handle or tag at the end, other letters, spaces and marks leave a text its keys. What tells
texts apart never does: numbers, negations, words of direction, questions, the stocks and their order are part of every
key. Short texts must agree word for word. The pairs of neighbouring words of a longer one are dealt out over three keys
by their hashes, each key standing for all pairs of its part: so texts that differ in one or two pairs nearly always
share a key, as with a word more at the end, and texts of which many pairs differ hardly ever do.

It does not know posts, nor when one text was said before another.
"""

import html
import re
from collections.abc import Collection, Sequence
from hashlib import blake2b
from zlib import crc32

from lib.text.addresses import blank_addresses
from lib.text.normalise import fold
from lib.text.telling import is_telling

_PARTS = 3
_LEAST_PAIRS = 3
# texts with fewer different pairs of words than this must agree in every word
_LONG = 11
# with fewer words of its own a text is a copy only of what the same author said
_SAYS_SOMETHING = 2
_CUT = ("…", "...")
_LEAST_CUT = 100
_MOST = 20_000

_REPOST = re.compile(r"[\"'“”«(\[]*(?:(?:rt|mt) ?:? ?@\w+ ?:? ?)+")
_NAMED_BY = re.compile(r"\b(?:via|by|from|h/t|cc) (?=@)")
_WORD = re.compile(
    r"\$[^\W\d_][\w.-]*"
    r"|(?:(?<![\w.,])[+-])?\$?\d(?:[\d.,]*\d)?(?:%|\w+)?"
    r"|#?\w+(?:'\w+)*"
    "|[?\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
)
_NOT_OWN = frozenset("$+-0123456789")


def text_keys(text: str, stocks: Sequence[int], *, author: str | None, secret: bytes) -> list[int]:
    """The keys of `text`: 64 bits, signed, in no order. They tell nobody who lacks `secret` whether a text was said.

    `stocks` are the ids of the stocks it mentions in their order; `author` whoever said it, if known. None for a text
    that says nothing of its own by nobody known. The time is linear in the text's first 20,000 code points.
    """
    words = words_of(text)
    own = len(words) - sum([word[0] in _NOT_OWN for word in words])
    if own < _SAYS_SOMETHING:
        return [] if author is None else [_key(secret, f"{stocks}\n{author}\n{' '.join(words)}")]
    pairs = _pairs(words) if len(words) > _LONG else ()
    if len(pairs) < _LONG:
        return [_key(secret, f"{stocks}\n\n{' '.join(words)}")]
    telling = " ".join(filter(is_telling, words))
    return [_key(secret, f"{stocks}\n{part}\n{telling}") for part in _parts(pairs)]


def words_of(text: str) -> list[str]:
    """What of `text` is compared, in small letters.

    >>> words_of("RT @ann: $AAPL up +5.0% today, isn’t it? http://t.co/x #stocks #bullish")
    ['$aapl', 'up', '+5.0%', 'today', "isn't", 'it', '?', 'bullish']
    """
    text = text[:_MOST]
    if "&" in text:
        text = html.unescape(text)
    plain = " ".join(fold(text).text.lower().split())
    is_repost = False
    if "@" in plain:
        if (repost := _REPOST.match(plain)) is not None:
            plain, is_repost = plain[repost.end() :], True
        plain = _NAMED_BY.sub("", plain)
    if plain.endswith(_CUT) and (is_repost or len(plain) >= _LEAST_CUT):
        # the last word is no whole one
        plain = plain[: plain.rfind(" ") + 1]
    words: list[str] = []
    for piece in blank_addresses(plain).split():
        if piece.isalpha():
            words.append(piece)
        else:
            words += [word.rstrip(".-").replace(",", "") for word in _WORD.findall(piece)]
    return _without_tags(words) if "#" in plain else words


def _without_tags(words: list[str]) -> list[str]:
    """`words` without the tags at their end, but for telling ones; those further in are words. Only tags: all stay."""
    last = len(words)
    while last and words[last - 1][0] == "#":
        last -= 1
    kept = [*words[:last], *(word for word in words[last:] if is_telling(word[1:]))] if last else words
    return [word.lstrip("#") for word in kept]


def _pairs(words: Sequence[str]) -> set[int]:
    """A number for each two words that follow each other."""
    encoded = " ".join(words).encode("utf-8", "replace").split(b" ")
    # changed a little, or the number of two words would be that of one long word
    numbers = [crc32(word) ^ 1 for word in encoded]
    return set(map(crc32, encoded[1:], numbers))


def _parts(pairs: Collection[int]) -> list[list[int]]:
    """The pairs, dealt out by their numbers; no part that is too small to say much."""
    parts: list[list[int]] = [[] for _ in range(_PARTS)]
    for pair in pairs:
        parts[pair % _PARTS].append(pair)
    return [sorted(part) for part in parts if len(part) >= _LEAST_PAIRS]


def _key(secret: bytes, what: str) -> int:
    digest = blake2b(what.encode("utf-8", "replace"), key=secret, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
