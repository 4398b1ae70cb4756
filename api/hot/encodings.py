"""What a client accepts, and the body in that encoding. It does not know what the body says.

Compressing is done once for each answer and encoding, so it may take its time; the same bytes always give the same
result, as a strong tag promises.
"""

import asyncio
import gzip
from functools import lru_cache

import zstandard

from api.answers import prefers_csv
from lib.cache.answers import Answer, Bytes

IDENTITY = b""
# below this, what compressing saves fits into the same packet
SMALLEST = 1024
# the better one first, where a client likes both the same
ENCODINGS = (b"zstd", b"gzip")

# beyond this, the loop would stand still for milliseconds
_ON_THE_LOOP = 32 * 1024
_GZIP_LEVEL, _ZSTD_LEVEL = 6, 6


@lru_cache(maxsize=512)
def preferred_encoding(header: bytes) -> bytes:
    """The encoding that a client with this Accept-Encoding likes best, IDENTITY among them.

    >>> preferred_encoding(b"gzip, deflate, br, zstd"), preferred_encoding(b"gzip;q=0, *;q=0.1")
    (b'zstd', b'zstd')
    """
    weights: dict[bytes, float] = {}
    for part in header.lower().split(b","):
        name, _, parameter = part.partition(b";")
        weights[name.strip()] = _weight(parameter)
    others = weights.get(b"*", 0.0)
    best, most = IDENTITY, 0.0
    for name in ENCODINGS:
        weight = weights.get(name, others)
        if weight > most:
            best, most = name, weight
    return best if most >= weights.get(b"identity", 0.0) else IDENTITY


def wants_csv(header: bytes) -> bool:
    """Does a client with this Accept like CSV better than JSON?"""
    return prefers_csv(header.decode("latin-1")) if header else False


async def encoded(answer: Answer, encoding: bytes) -> Bytes:
    """The body of `answer` in `encoding`, from now on kept with it; as it is where compressing would not shorten it."""
    found = answer.encoded.get(encoding)
    if found is None:
        body = answer.body
        shorter = (
            await asyncio.to_thread(compressed, body, encoding)
            if len(body) > _ON_THE_LOOP
            else compressed(body, encoding)
        )
        tag = answer.tag[:-1] + b"-" + encoding + b'"'
        found = Bytes(shorter, tag) if len(shorter) < len(body) else Bytes(body, answer.tag)
        answer.encoded[encoding] = found
    return found


def compressed(body: bytes, encoding: bytes) -> bytes:
    """`body` in one of ENCODINGS."""
    if encoding == b"gzip":
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)


def _weight(parameter: bytes) -> float:
    name, _, value = parameter.partition(b"=")
    if name.strip() != b"q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
