"""Answers that several processes share through Redis, and which of them computes one that is missing.

Nothing here is needed for an answer to be right: a Redis that is away, slow or empty costs a computation, never an
error, and lib/cache/redis.py says once that it is away. It does not know routes.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Hashable
from time import monotonic

import msgspec
import zstandard

from lib.cache.answers import Answer, Stamp
from lib.cache.redis import RedisLink
from lib.cache.redis import key as redis_key
from lib.errors import RedisAway
from lib.logs import get_logger

log = get_logger(__name__)

# how long one process waits for another that computes, and how often it looks; then it computes by itself
PATIENCE_S = 0.5
_PAUSE_S = 0.01
# a process that died while computing holds the others up for their patience, once, and then for no longer than this
_LOCK_MS = 10_000
# an answer about now is dead with the next change, and a process that still asks for it has it in its own memory
_NOW_S, _SETTLED_S = 600, 86_400
_WORTH_PACKING = 1024

_FIND = """
local found = redis.call('GET', KEYS[1])
if found then return found end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""

_KEEP = """
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    media_type: bytes
    policy: bytes
    tag: bytes
    body: bytes
    is_packed: bool


class SharedAnswers:
    """Never raises. `edition` names what else answers depend on: code and settings; processes with another one share
    nothing.
    """

    def __init__(self, link: RedisLink, edition: str) -> None:
        self._link = link
        self._edition = edition
        self._token = secrets.token_hex(8)
        self._find = link.client.register_script(_FIND)
        self._keep = link.client.register_script(_KEEP)
        self._under_way: set[asyncio.Task[None]] = set()

    async def find(self, key: Hashable, stamp: Stamp) -> Answer | None:
        """The answer of whichever process computed it. None asks the caller to compute it, and to call `keep_soon`
        whatever comes of that.
        """
        if not stamp[0]:
            return None
        names = self._names(key, stamp)
        deadline = monotonic() + PATIENCE_S
        try:
            while True:
                with self._link.asking("answers"):
                    found = await self._find(keys=names, args=[self._token, _LOCK_MS])
                if isinstance(found, bytes):
                    return _unpack(found)
                if found == 1 or monotonic() >= deadline:
                    return None
                await asyncio.sleep(_PAUSE_S)
        except RedisAway:
            return None

    def keep_soon(self, key: Hashable, stamp: Stamp, answer: Answer | None) -> None:
        """Shares `answer` without making anybody wait; None tells the others that this process computes no more."""
        if stamp[0] and self._link.worth_asking:
            task = asyncio.get_running_loop().create_task(self._keep_now(key, stamp, answer))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Waits for what is under way."""
        await asyncio.gather(*self._under_way)

    async def _keep_now(self, key: Hashable, stamp: Stamp, answer: Answer | None) -> None:
        packed = b"" if answer is None else _pack(answer)
        seconds = _SETTLED_S if len(stamp) == 1 else _NOW_S
        try:
            with self._link.asking("answers"):
                await self._keep(keys=self._names(key, stamp), args=[self._token, packed, seconds])
        except RedisAway:
            pass

    def _names(self, key: Hashable, stamp: Stamp) -> list[str]:
        digest = hashlib.blake2b(repr((self._edition, key, stamp)).encode(), digest_size=16).hexdigest()
        # the braces keep both on one node of a cluster
        return [redis_key("answers", f"{{{digest}}}"), redis_key("answers", f"{{{digest}}}", "lock")]


def _pack(answer: Answer) -> bytes:
    is_packed = len(answer.body) >= _WORTH_PACKING
    body = zstandard.ZstdCompressor().compress(answer.body) if is_packed else answer.body
    return msgspec.msgpack.encode(_Packed(answer.media_type, answer.policy, answer.tag, body, is_packed))


def _unpack(packed: bytes) -> Answer | None:
    try:
        found = msgspec.msgpack.decode(packed, type=_Packed)
        body = zstandard.ZstdDecompressor().decompress(found.body) if found.is_packed else found.body
    except (msgspec.DecodeError, zstandard.ZstdError) as error:
        log.warning("a shared answer cannot be read", error=str(error))
        return None
    return Answer(found.media_type, found.policy, found.tag, body)
