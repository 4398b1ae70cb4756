"""Hangul as arithmetic: syllables to jamo, to initial consonants, to the keys a person pressed.

It does not know words (particles are in `particles`), and it never composes jamo back into syllables. Every function
takes any text and leaves what is not Hangul as it is. The arithmetic is that of the Unicode Standard, chapter 3.12.
"""

import re

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

# a standard keyboard has no key for these: they are typed as two
_TWO_KEYS = """
ㅘㅗㅏ ㅙㅗㅐ ㅚㅗㅣ ㅝㅜㅓ ㅞㅜㅔ ㅟㅜㅣ ㅢㅡㅣ
ㄳㄱㅅ ㄵㄴㅈ ㄶㄴㅎ ㄺㄹㄱ ㄻㄹㅁ ㄼㄹㅂ ㄽㄹㅅ ㄾㄹㅌ ㄿㄹㅍ ㅀㄹㅎ ㅄㅂㅅ
"""
_PRESSED = {entry[0]: entry[1:] for entry in _TWO_KEYS.split()}
_FIRST, _LAST = 0xAC00, 0xD7A3
_PER_VOWEL = len(FINALS)
_PER_INITIAL = len(VOWELS) * _PER_VOWEL

_LONGEST_ENDING = 8

_SYLLABLE = re.compile("[가-힣]")
_ANY = re.compile("[가-힣ㄱ-ㅣ]")
_CONSONANTS = re.compile("[ㄱ-ㅎ]+")


def _jamo_table() -> dict[int, str]:
    """Loose jamo, as typed (U+3131…) or as left over from decomposed text (U+1100…), to pressed keys."""
    loose = {ord(letters): keys for letters, keys in _PRESSED.items()}
    for first, letters in ((0x1100, tuple(INITIALS)), (0x1161, tuple(VOWELS)), (0x11A8, FINALS[1:])):
        loose |= {first + i: _PRESSED.get(letter, letter) for i, letter in enumerate(letters)}
    return loose


class _Table(dict[int, str]):
    """A `str.translate` table that works a syllable out when it is first met, by `rule(initial, vowel, final)`."""

    def __init__(self, loose: dict[int, str], *, whole: bool) -> None:
        super().__init__(loose)
        self._whole = whole

    def __missing__(self, code: int) -> str:
        if not _FIRST <= code <= _LAST:
            return chr(code)
        initial, rest = divmod(code - _FIRST, _PER_INITIAL)
        keys = INITIALS[initial]
        if self._whole:
            vowel, final = divmod(rest, _PER_VOWEL)
            keys += _PRESSED.get(VOWELS[vowel], VOWELS[vowel]) + _PRESSED.get(FINALS[final], FINALS[final])
        self[code] = keys
        return keys


_KEYS = _Table(_jamo_table(), whole=True)
_HEADS = _Table(_jamo_table(), whole=False)


def is_syllable(character: str) -> bool:
    """Is this one code point a complete Hangul syllable?"""
    return "가" <= character <= "힣"


def syllables_at(text: str, start: int) -> str:
    """The syllables of `text` from `start` on, as far as they go on; at most nine, as no ending is longer.

    >>> syllables_at("삼성전자가 올랐다", 4), syllables_at("AAPL", 4)
    ('가', '')
    """
    end = start
    while end < len(text) and end - start <= _LONGEST_ENDING and is_syllable(text[end]):
        end += 1
    return text[start:end]


def has_hangul(text: str) -> bool:
    """Does a complete syllable occur in `text`?"""
    return _SYLLABLE.search(text) is not None


def has_hangul_letters(text: str) -> bool:
    """Does a syllable or a loose jamo, as while typing, occur in `text`?"""
    return _ANY.search(text) is not None


def keystrokes(text: str) -> str:
    """`text` as the keys pressed to type it, so that what is half typed is a prefix of what will be typed.

    >>> keystrokes("삼성전"), keystrokes("값"), keystrokes("과")
    ('ㅅㅏㅁㅅㅓㅇㅈㅓㄴ', 'ㄱㅏㅂㅅ', 'ㄱㅗㅏ')
    """
    return text if text.isascii() else text.translate(_KEYS)


def initials(text: str) -> str:
    """The initial consonant of each syllable; loose consonants stay, a cluster typed in haste comes apart.

    >>> initials("삼성전자"), initials("SK하이닉스"), initials("ㄳ")
    ('ㅅㅅㅈㅈ', 'SKㅎㅇㄴㅅ', 'ㄱㅅ')
    """
    return text if text.isascii() else text.translate(_HEADS)


def is_initials(text: str) -> bool:
    """Was `text` typed as initial consonants alone? The empty text was not."""
    return _CONSONANTS.fullmatch(text) is not None


def final_consonant(character: str) -> str:
    """The final consonant of a syllable, or "" if it ends in a vowel or is no syllable.

    >>> final_consonant("성"), final_consonant("자"), final_consonant("A")
    ('ㅇ', '', '')
    """
    return FINALS[(ord(character) - _FIRST) % _PER_VOWEL] if is_syllable(character) else ""
