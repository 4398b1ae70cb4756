"""What is asked for by a hot read, and what of a kept answer is sent for it: 304, encoding, headers.

It keeps nothing.
"""

from typing import NamedTuple

from litestar.types import HTTPScope

from api.at_once import Reply
from api.hot.encodings import ENCODINGS, SMALLEST, preferred_encoding, wants_csv
from api.hot.reads import Question, question_of
from lib.cache.answers import Answer

_VARY = (b"vary", b"Accept, Accept-Encoding")
_HEARD = frozenset({b"accept", b"accept-encoding", b"if-none-match"})

Key = tuple[str, str, bytes, bool]
"""The route, the symbol, the query string, and whether it is CSV."""


class Asked(NamedTuple):
    """A question, the key of its answer, and what of the request's headers matters besides."""

    question: Question
    key: Key
    encoding: bytes
    known: bytes


def asked_in(scope: HTTPScope) -> Asked | None:
    """What is asked for; None for what is no hot read, or not held as a whole."""
    question = question_of(scope["path"], scope["query_string"]) if scope["method"] == "GET" else None
    if question is None:
        return None
    accept = encoding = known = b""
    for name, value in scope["headers"]:
        if name not in _HEARD:
            continue
        if name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"accept-encoding":
            encoding = encoding + b"," + value if encoding else value
        else:
            known = known + b"," + value if known else value
    read, query, _ = question
    key = (read.template, read.symbol, query, read.is_table and wants_csv(accept))
    return Asked(question, key, preferred_encoding(encoding), known)


def reply_of(answer: Answer, asked: Asked) -> Reply | None:
    """What is sent of `answer` to who asked so; None where it has to be encoded first."""
    headers = [(b"etag", answer.tag), (b"cache-control", answer.policy), _VARY]
    known = _known_tag(answer, asked.known) if asked.known else None
    if known is not None:
        headers[0] = (b"etag", known)
        return Reply(304, headers, b"", asked.question.read.template)
    body = answer.body
    if asked.encoding and len(body) >= SMALLEST:
        found = answer.encoded.get(asked.encoding)
        if found is None:
            return None
        if found.tag != answer.tag:
            body = found.body
            headers[0] = (b"etag", found.tag)
            headers.append((b"content-encoding", asked.encoding))
    headers.append((b"content-type", answer.media_type))
    headers.append((b"content-length", b"%d" % len(body)))
    return Reply(200, headers, body, asked.question.read.template)


def _known_tag(answer: Answer, known: bytes) -> bytes | None:
    """The tag among `known` (If-None-Match) that names this answer, in whatever encoding it was sent before."""
    if known.strip() == b"*":
        return answer.tag
    names = {answer.tag, *(answer.tag[:-1] + b"-" + encoding + b'"' for encoding in ENCODINGS)}
    # a proxy that compressed the answer has weakened the tag, and comparing is weak anyway
    tags = (candidate.strip().removeprefix(b"W/") for candidate in known.split(b","))
    return next((tag for tag in tags if tag in names), None)
