"""Which class of finance talk a word or phrase belongs to, such as `fall` or `beat`. It does not know what a class
weighs: that is learned.

The entries are in lexicon.txt, in their base form; inflected forms are found through a few rules of English spelling.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

_ENTRY_WORDS = re.compile(r"[^\W_](?:[^\W_]|['.&](?=[^\W_]))*|[^\w\s,-]")
_SHORTEST_STEM = 3


class Lexicon(NamedTuple):
    """Classes of words by their base form; and phrases by first and second stem: their further stems and the class, the
    longest first.
    """

    words: dict[str, tuple[str, ...]]
    phrases: dict[str, dict[str, list[tuple[tuple[str, ...], str]]]]


@cache
def lexicon() -> Lexicon:
    """The lexicon of the package; read once, kept."""
    words: dict[str, list[str]] = defaultdict(list)
    phrases: dict[tuple[str, ...], str] = {}
    for name, entry in _entries():
        parts = _ENTRY_WORDS.findall(entry.lower())
        if len(parts) == 1:
            if name not in words[parts[0]]:
                words[parts[0]].append(name)
        else:
            phrases.setdefault(tuple(stem(part) for part in parts), name)
    by_stems: dict[str, dict[str, list[tuple[tuple[str, ...], str]]]] = defaultdict(lambda: defaultdict(list))
    for stems, name in sorted(phrases.items(), key=lambda item: (-len(item[0]), item[0])):
        by_stems[stems[0]][stems[1]].append((stems[2:], name))
    return Lexicon(
        {word: tuple(names) for word, names in words.items()},
        {first: dict(found) for first, found in by_stems.items()},
    )


def classes_of(word: str) -> tuple[str, ...]:
    """The classes of a word in small letters, by itself or by its base form; the first is the leading one.

    >>> classes_of("surging"), classes_of("fell"), classes_of("xyzzy")
    (('soar',), ('fall',), ())
    """
    known = lexicon().words
    for form in _base_forms(word):
        if form in known:
            return known[form]
    return ()


def stem(word: str) -> str:
    """`word`, in small letters, without its inflection; not always a word.

    >>> [stem(word) for word in ("rises", "rising", "cut", "cutting", "companies")]
    ['ris', 'ris', 'cut', 'cut', 'company']
    """
    if len(word) <= _SHORTEST_STEM:
        return word
    word = word.removesuffix("'s")
    for suffix, instead in (("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            if suffix != "s" or not word.endswith(("ss", "us", "is")):
                word = word[: -len(suffix)] + instead
            break
    if len(word) > _SHORTEST_STEM:
        if word[-1] == word[-2] and word[-1] not in "lsz":
            word = word[:-1]
        if len(word) > _SHORTEST_STEM:
            word = word.removesuffix("e")
    return word


def _entries() -> Iterator[tuple[str, str]]:
    name = ""
    text = (resources.files(__package__) / "lexicon.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            # emoji stand one beside the other, words between commas
            parts = line.split() if name.startswith("emoji") else line.split(",")
            for entry in filter(None, map(str.strip, parts)):
                yield name, entry[0] if name.startswith("emoji") else entry


def _base_forms(word: str) -> Iterator[str]:
    yield word
    if len(word) <= _SHORTEST_STEM:
        return
    if word.endswith("'s"):
        yield word[:-2]
        return
    if word.endswith(("ies", "ied")):
        yield word[:-3] + "y"
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("s"):
        yield word[:-1]
    for suffix in ("ed", "ing", "er", "est"):
        base = word.removesuffix(suffix)
        if len(base) < len(word) and len(base) >= _SHORTEST_STEM:
            yield base
            yield base + "e"
            if base[-1] == base[-2]:
                yield base[:-1]
    if word.endswith("ly") and len(word) > len("ly") + _SHORTEST_STEM:
        yield word[:-2]
