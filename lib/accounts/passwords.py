"""What is accepted as a password, after NIST SP 800-63B: long enough, and none that everybody tries first. Pure.

There are no rules about kinds of signs, and a password never has to be changed by its age. Passwords are compared in
Unicode's NFKC, so that the same keys on another keyboard are the same password.
"""

import re
import unicodedata
from importlib import resources
from itertools import pairwise

SHORTEST, LONGEST = 12, 256
ACCEPTED = f"{SHORTEST} to {LONGEST} characters of any kind, not one of the passwords that everybody tries first"

_LONGEST_SENT = 4 * LONGEST
_FEWEST_SIGNS = 5
_LONGEST_PERIOD = 4
_LEFT_TO_GUESS = 4
_STEADY = 0.7

_MEANT = str.maketrans("@431!0$57", "aaeiiosst")
_NO_LETTERS = re.compile(r"[\W\d_]+")


def _common_words() -> list[str]:
    lines = resources.files("lib.accounts").joinpath("common_words.txt").read_text(encoding="utf-8").splitlines()
    words = {word for line in lines if not line.startswith("#") for word in line.split()}
    # longer ones stand before those they contain
    return sorted(words, key=lambda word: (-len(word), word))


_COMMON = re.compile("|".join(_common_words()))


def normalised(password: str) -> str:
    """`password` as it is hashed and compared. Raises ValueError where it is too long to be looked at, or no text."""
    if len(password) > _LONGEST_SENT:
        raise ValueError(f"It is longer than {LONGEST} characters.")
    text = unicodedata.normalize("NFKC", password)
    text.encode()
    return text


def new_password(password: str, email: str = "") -> str:
    """`password`, normalised, if the account of `email` may have it. Raises ValueError, which says what is wrong."""
    text = normalised(password)
    if len(text) < SHORTEST:
        raise ValueError(f"It is shorter than {SHORTEST} characters.")
    if len(text) > LONGEST:
        raise ValueError(f"It is longer than {LONGEST} characters.")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
        raise ValueError("It has control characters in it.")
    if is_common(text, email):
        raise ValueError("It is one of those that everybody tries first.")
    return text


def is_common(password: str, email: str = "") -> bool:
    """Whether it is made of what everybody tries: common words and digits, few signs, a walk along signs or keys, or
    the person's own address.

    >>> [is_common(text) for text in ("Password2024!", "121212121212", "abcdefghijkl", "tram seven coal")]
    [True, True, True, False]
    """
    text = password.casefold()
    name = email.partition("@")[0]
    text = text.replace(email, "") if email else text
    text = text.replace(name, "") if len(name) >= _LEFT_TO_GUESS else text
    left = min(len(_without_common(text)), len(_without_common(text.translate(_MEANT))))
    return left < _LEFT_TO_GUESS or len(set(text)) < _FEWEST_SIGNS or _repeats(text) or _walks(text)


def _without_common(text: str) -> str:
    return _NO_LETTERS.sub("", _COMMON.sub("", _NO_LETTERS.sub("", text)))


def _repeats(text: str) -> bool:
    return any(text == (text[:period] * len(text))[: len(text)] for period in range(1, _LONGEST_PERIOD + 1))


def _walks(text: str) -> bool:
    steps = [ord(second) - ord(first) for first, second in pairwise(text)]
    return sum(abs(step) <= 1 for step in steps) >= _STEADY * len(steps)
