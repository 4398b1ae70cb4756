"""HTML as the plain text that a person would read. Pure, and linear in the length of the text.

The standard library's HTMLParser is quadratic on pages that begin many tags and close none: a feed of 100 kB can hold
it for minutes. What is wanted here is less: words, with a line break where a block begins or ends.
"""

import html
import re

# no alternative crosses a `<`, save those that take everything up to an end that they name or the end of the text
_MARKUP = re.compile(
    r"""
    <!--.*?(?:-->|\Z)
    | <(?P<unread>script|style|iframe|noscript)\b.*?(?:</(?P=unread)\b[^<>]*>|\Z)
    | <!\[CDATA\[ | \]\]>
    | </?(?P<name>[a-z][a-z0-9:-]*)(?:[^<>"']|"[^"<]*"|'[^'<]*')*>
    | </?(?P<broken>[a-z][a-z0-9:-]*)[^<>]*(?:>|\Z)
    | <[!?][^<>]*(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)

_INLINE = frozenset(
    ("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
     "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
     "u", "var", "wbr")
)  # fmt: skip

# PostgreSQL keeps no NUL, UTF-8 no lone surrogate, and nobody reads the rest
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[\s]*")


def plain_text(markup: str) -> str:
    """`markup` without tags, comments, scripts and entities.

    >>> plain_text("<p>AT&amp;T <b>beats</b><br/>a &lt; b &amp;amp; c</p><script>x()</script>")
    'AT&T beats\\na < b &amp; c'
    """
    return tidy(html.unescape(_MARKUP.sub(_replacement, markup)))


def tidy(text: str) -> str:
    """`text` without what cannot be stored or seen, each run of spaces as one, without empty lines.

    >>> tidy(" a\\u00a0 b\\r\\n\\n c\\0")
    'a b\\nc'
    """
    readable = _UNREADABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINES.sub("\n", _SPACES.sub(" ", readable)).strip()


def _replacement(found: re.Match[str]) -> str:
    if found["unread"]:
        return "\n"
    name = found["name"] or found["broken"]
    return "\n" if name and name.lower() not in _INLINE else ""
