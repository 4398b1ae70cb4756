"""Blanks what points elsewhere: web and e-mail addresses and @handles, which name things without speaking of them.

Every blanked code point becomes one space, so spans stay true. It does not know top-level domains: `Amazon.com` is left
alone, `example.com/page` is not.
"""

import re

_WEB = re.compile(r"https?://\S+")
_BARE_WEB = re.compile(r"www\.\S+")
_HANDLE = re.compile(r"@[\w.-]*")
_DOMAIN = re.compile(r"[(\[]*[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,6}")
_LOCAL = frozenset("._+-")


def blank_addresses(text: str) -> str:
    """`text`, of the same length, with spaces where addresses and handles were.

    >>> blank_addresses("buy $AAPL mail a@b.com see x.com/$FB")
    'buy $AAPL mail         see          '
    """
    if "://" in text:
        text = _WEB.sub(_blank, text)
    if "www." in text:
        text = _BARE_WEB.sub(_blank, text)
    if "@" in text:
        text = _blank_handles(text)
    if "/" in text and "." in text:
        text = _blank_paths(text)
    return text


def _blank(match: re.Match[str]) -> str:
    return " " * (match.end() - match.start())


def _blank_handles(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for match in _HANDLE.finditer(text):
        start = match.start()
        while start > done and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
            start -= 1
        pieces += text[done:start], " " * (match.end() - start)
        done = match.end()
    return "".join((*pieces, text[done:]))


def _blank_paths(text: str) -> str:
    words = text.split(" ")
    for index, word in enumerate(words):
        head, slash, _ = word.partition("/")
        if slash and "." in head and _DOMAIN.fullmatch(head):
            words[index] = " " * len(word)
    return " ".join(words)
