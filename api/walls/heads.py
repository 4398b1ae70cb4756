"""The head of a request: its target, and how many headers of what size. It does not know what they mean.

A path is refused where two readers could see two things in it: a proxy that keeps people out of /operations must not be
fooled by /x/..%2foperations. No path of ours needs any of that.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from api.walls.refusals import Refused

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

MOST_HEADERS = 64
MOST_HEADER_BYTES = 16 * 1024
MOST_TARGET_BYTES = 8 * 1024
# places of paths are remembered, so nobody is to fill that memory with long ones
MOST_PATH_BYTES = 1024

_AMBIGUOUS = re.compile(rb"%(?:2[fF]|5[cC]|00|0[0-9a-fA-F]|1[0-9a-fA-F]|7[fF])|[\\\x00-\x20\x7f]|//")
_DOTS = re.compile(rb"(?:^|/)(?:\.|%2[eE]){1,2}(?:/|;|$)")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")

_ONCE = frozenset({b"host", b"content-length", b"authorization", b"content-type", b"x-api-key", b"transfer-encoding"})


def check_target(raw_path: bytes, path: str, query: bytes) -> Refused | None:
    """What is wrong with the target, if anything."""
    if len(raw_path) + len(query) > MOST_TARGET_BYTES:
        return Refused(414, "target-too-long", f"Path and query are longer than {MOST_TARGET_BYTES} bytes.")
    if len(raw_path) > MOST_PATH_BYTES:
        return Refused(414, "target-too-long", f"The path is longer than {MOST_PATH_BYTES} bytes.")
    if not raw_path.startswith(b"/"):
        return Refused(400, "bad-path", "The path does not begin with a slash.")
    plain = b"%" not in raw_path
    if plain and b"//" not in raw_path and b"/." not in raw_path and b"\\" not in raw_path and raw_path.isascii():
        return None
    odd = _AMBIGUOUS.search(raw_path) or _DOTS.search(raw_path) or _BROKEN_ESCAPE.search(raw_path)
    # what is not UTF-8 became a replacement character when it was decoded; what does not print may steer a terminal
    if odd or "\ufffd" in path or not path.isprintable():
        return Refused(
            400,
            "bad-path",
            "The path can be read in more than one way.",
            hint="No empty or dotted segments, encoded slashes, backslashes or control characters; UTF-8 only.",
        )
    return None


def check_headers(headers: Headers, by_name: Mapping[bytes, bytes]) -> Refused | None:
    """What is wrong with the headers, if anything; their names are in small letters, and `by_name` has each of them."""
    if len(headers) > MOST_HEADERS:
        return Refused(431, "too-many-headers", f"The request has more than {MOST_HEADERS} headers.")
    if len(by_name) == len(headers):
        size = sum(map(len, by_name)) + sum(map(len, by_name.values()))
    else:
        size = sum(len(name) + len(value) for name, value in headers)
        for name in _ONCE.intersection(by_name):
            if sum(other == name for other, _ in headers) > 1:
                return Refused(400, "bad-header", f"The header {name.decode()!r} is given more than once.")
    if size > MOST_HEADER_BYTES:
        return Refused(431, "headers-too-large", f"The headers are larger than {MOST_HEADER_BYTES} bytes.")
    return None
