"""Takes out of a text what no log line may hold: passwords, tokens, keys, mail addresses, values of rows. It does not
know where the text comes from.

The last wall, not the first: whoever writes a line leaves such things out. But errors of drivers and tracebacks bring
them along.
"""

import re

HIDDEN = "***"

_QUICK = re.compile(r"://|@|DETAIL|parameters|ic[kr]_|eyJ|[Bb]earer|[Bb]asic|assw|secret|token|xox|AGE-|[?&]|Key \(")

_PATTERNS = (
    # postgresql://name:password@host, and addresses that tell somebody
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@'\"]+@"), rf"\1{HIDDEN}@"),
    # hooks bear their secret in the path, everybody else in the query
    (re.compile(r"(\bhttps?://hooks\.[^\s/'\"]+/)[^\s'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?'\"]+\?)[^\s'\"]+"), rf"\1{HIDDEN}"),
    # what PostgreSQL says of the row that was refused
    (re.compile(r"(DETAIL:\s+)[^\n]*"), rf"\1{HIDDEN}"),
    (re.compile(r"(\[parameters: )[^\n]*"), rf"\1{HIDDEN}]"),
    (re.compile(r"(Key \([^)]*\)=)\([^\n]*\)"), rf"\1({HIDDEN})"),
    (re.compile(r"\b(ic[kr])_[A-Za-z0-9_-]+"), rf"\1_{HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), HIDDEN),
    (re.compile(r"\bxox[a-z]-[A-Za-z0-9-]+"), HIDDEN),
    (re.compile(r"\bAGE-SECRET-KEY-[A-Z0-9-]+"), HIDDEN),
    (re.compile(r"\b([Bb]earer|[Bb]asic)\s+[A-Za-z0-9._~+/-]{8,}=*"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"((?:password|passwd|secret|token|api[_-]?key|access[_-]?key)['\"]?\s*[=:]\s*)"
            r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&)}'\"]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), HIDDEN),
)


def hidden(text: str) -> str:
    """`text` without what nobody is to read in a log."""
    if _QUICK.search(text) is None:
        return text
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def hidden_in(value: object) -> object:
    """The same for everything inside lists and tables; other values are returned as they are."""
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, dict):
        return {key: hidden_in(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [hidden_in(item) for item in value]
    return value
