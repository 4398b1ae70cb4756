"""Registered names to the names people use: without legal form, class of share and words of description.

It knows how companies and exchanges word names, in English and Korean; it does not know which listings exist. A name it
cannot shorten it gives back whole. `key` is the spelling in which names and texts meet.
"""

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache

from lib.domain.symbols import Listing


class Share(IntEnum):
    """What kind of paper a listing is; among several of one company the lowest speaks for the name."""

    COMMON = 0
    PREFERRED = 1
    DEBT = 2
    DERIVED = 3  # warrants, rights, units


_KINDS = {
    "preferred": Share.PREFERRED,
    "preference": Share.PREFERRED,
    "note": Share.DEBT,
    "bond": Share.DEBT,
    "warrant": Share.DERIVED,
    "right": Share.DERIVED,
    "unit": Share.DERIVED,
}
_DERIVED = re.compile(
    r"(?<=\S) (?:(?:equity |corporate )?units?|warrants?|rights?)(?:$| (?:to|each|expiring|consisting)\b)",
    re.IGNORECASE,
)
_DEBT = re.compile(r"(?<=\S) (?:(?:senior|subordinated|obligation) notes?|notes? |debentures?)", re.IGNORECASE)
_PREFERRED = re.compile(
    r"(?<=\S) (?:preferred (?:stock|shares?|units?|sec|lim)|preference sh|perp(?:etual)? |pfd|\d[\d.]*%|cumulative"
    r"|(?<!american )depositary sh)",
    re.IGNORECASE,
)
_KOREAN_CODE = re.compile(r"[0-9A-Z]{5}(?P<last>[0-9A-Z])\.K[SQ]")
_US_PREFERRED = re.compile(r"[A-Z]+-P[A-Z]?")

# where the company ends and the paper begins, as US exchanges word it
_PAPER = re.compile(
    r"(?<=\S),? (?:(?:new )?(?:class|series) [a-z]\b|new common|common (?:stock|shares?|units?)|ordinary shares?"
    r"|american deposit[ao]r|depositary (?:sh|receipt|unit)|depository sh|sponsored ad|ads\b|adrs?\b"
    r"|(?:subordinate |limited |non-?)?voting sh|registered sh|registry sh|new york regist|shares? of beneficial"
    r"|preferred (?:stock|shares?|units?|sec|lim)|preference sh|cumulative|perpetual|perp\b|redeemable|mandatory conv"
    r"|convertible pref|\d[\d.]*%|fixed(?:-| rate)|floating rate (?:non|note|senior|cum|pref|sub)"
    r"|(?:junior |senior )?subordinated|senior notes|notes\b|income capital|capital obligation"
    r"|trust units|units?$|units? each|warrants?$|warrants? (?:to|each|exp)|rights?$|rights? (?:to|each)"
    r"|limited partner|partner interest|representing|each rep|par value|due 20|corporate units|equity units"
    r"|tracking stock|shares?$|when issued).*",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\s*\([^)]*\)?")
_INITIALS = re.compile(r"\b([^\W\d_])\.(?=[^\W\d_]\b)")
_APART = re.compile(r"[^\w&']+|_")

_FORMS = """
inc incorporated incorporation corp corporation corporate co company ltd limited plc llc lp llp sa nv ag se ab asa
oyj spa kk bv sab cv and & the reit
"""
_DESCRIPTIONS = """
group groups holding holdings technologies technology international enterprises industries platforms systems
pharmaceuticals pharmaceutical pharma therapeutics entertainment airlines bancorp financial brands stores networks
network communications solutions software interactive semiconductor semiconductors sciences laboratories global
worldwide com wholesale automotive motors motor electronics energy biosciences biotherapeutics bancshares games
energies labs online cosmetics vaccines restaurants instruments mining gold oncology
"""
_LEGAL = frozenset(_FORMS.split())
_DESCRIPTION = frozenset(_DESCRIPTIONS.split())


def key(text: str) -> str:
    """`text` in the spelling in which names meet: lower case, no accents, one space between words, `&` and `'` kept.

    >>> key("McDonald’s  Corp."), key("AT&T Inc."), key("Nestlé S.A.")
    ("mcdonald's corp", 'at&t inc', 'nestle sa')
    """
    plain = _INITIALS.sub(r"\1", text.replace("’", "'")) if "." in text else text.replace("’", "'")
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", _without_accents(plain))
    return _APART.sub(" ", plain.lower()).strip()


@lru_cache(maxsize=1024)
def company_key(name: str) -> str:
    """The key of a registered name without class of share and legal form; never empty where `name` has a letter.

    >>> company_key("Samsung Electronics Co., Ltd."), company_key("Armada Acquisition Corp. III Units")
    ('samsung electronics', 'armada acquisition corp iii')
    """
    words = key(_paperless(name)).split()
    while len(words) > 1 and words[0] == "the":
        del words[0]
    while len(words) > 1 and words[-1] in _LEGAL:
        del words[-1]
    return " ".join(words)


def written_key(name: str) -> str:
    """The company of a registered name as texts hold it, each sign a space of its own.

    >>> written_key("Warner Bros. Discovery Inc."), written_key("J.P. Morgan & Co.")
    ('warner bros  discovery', 'j p  morgan')
    """
    letters = as_letters(_paperless(name)).decode().strip()
    words = letters.split()
    while len(words) > 1 and words[-1] in _LEGAL:
        del words[-1]
        letters = letters.rpartition(" ")[0].rstrip()
    return letters.removeprefix("the ") if len(words) > 2 else letters


def as_letters(text: str) -> bytes:
    """One byte a code point: small letters without accents, digits, `&` and `$`; a space for everything else."""
    return text.encode("latin-1", "replace").translate(_LETTERS)


def shorter_keys(company: str) -> list[str]:
    """What is left of a company's key when words of description go from its end, one by one; without the key itself.

    >>> shorter_keys("peloton interactive"), shorter_keys("micron technology group")
    (['peloton'], ['micron technology', 'micron'])
    """
    words = company.split()
    found = []
    while len(words) > 1 and words[-1] in _DESCRIPTION:
        del words[-1]
        while len(words) > 1 and words[-1] in _LEGAL:
            del words[-1]
        found.append(" ".join(words))
    return found


def share_of(listing: Listing) -> Share:
    """What kind of paper `listing` is, by its kind where the importer knew one, else by its symbol and name.

    >>> share_of(Listing(symbol="BAC-PE", name="Bank of America Corporation Depositary Sh"))
    <Share.PREFERRED: 1>
    """
    known = _KINDS.get(listing.kind.rstrip("s"))
    if known is not None:
        return known
    korean = _KOREAN_CODE.fullmatch(listing.symbol)
    if korean is not None:
        return Share.COMMON if korean["last"] == "0" else Share.PREFERRED
    if _DERIVED.search(listing.name):
        return Share.DERIVED
    if _US_PREFERRED.fullmatch(listing.symbol):
        return Share.PREFERRED
    if _DEBT.search(listing.name):
        return Share.DEBT
    return Share.PREFERRED if _PREFERRED.search(listing.name) else Share.COMMON


def _paperless(name: str) -> str:
    bare = _PARENTHESES.sub(" ", name) if "(" in name else name
    return _PAPER.sub("", " ".join(bare.split())) or name


def _letters_table() -> bytes:
    table = bytearray(b" " * 256)
    for code in range(256):
        plain = unicodedata.normalize("NFKD", chr(code)).lower()[:1]
        if plain.isascii() and (plain.isalnum() or plain in "&$"):
            table[code] = ord(plain)
    return bytes(table)


_LETTERS = _letters_table()


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    # marks of Latin letters only: Hangul, decomposed too, is put together again afterwards
    return "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
