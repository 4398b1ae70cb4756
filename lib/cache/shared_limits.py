"""The same buckets as lib/cache/limits.py, shared by processes through Redis. It does not know who asks or for what.

One script looks and takes, by Redis' own clock, so no two processes can take the same permission and no clock of theirs
matters. Questions that are asked at once go together in one call of it. What Redis last said is kept in memory: it
refuses what is used up without asking, and goes on from there, process by process, while Redis is away.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from lib.cache.limits import MemoryLimits, Take, Verdict, verdict_of
from lib.cache.redis import RedisLink, key
from lib.errors import RedisAway

MOST_AT_ONCE = 256

# ARGV: for each question the number of its buckets, then interval and window of each in microseconds; KEYS in the same
# order. Answers 1 or 0 for each question, then for each of its buckets in how many microseconds it is full again, with
# what was wanted. Numbers are written by hand: Lua would round them to 14 digits.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer, bucket, argument = {}, 1, 1
while argument <= #ARGV do
  local count = tonumber(ARGV[argument])
  local allowed, full = 1, {}
  for i = 1, count do
    local interval = tonumber(ARGV[argument + 2 * i - 1])
    local window = tonumber(ARGV[argument + 2 * i])
    local was = tonumber(redis.call('GET', KEYS[bucket + i - 1]) or now)
    full[i] = math.max(was, now) + interval
    if full[i] - now > window then allowed = 0 end
  end
  answer[#answer + 1] = allowed
  for i = 1, count do
    answer[#answer + 1] = full[i] - now
    if allowed == 1 then
      local left = math.ceil((full[i] - now) / 1000)
      redis.call('SET', KEYS[bucket + i - 1], string.format('%.0f', full[i]), 'PX', string.format('%.0f', left))
    end
  end
  bucket, argument = bucket + count, argument + 1 + 2 * count
end
return answer
"""


class SharedLimits:
    """Exact across all processes that use the same Redis; while it is away, within each of them alone."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._memory = MemoryLimits()
        self._script = link.client.register_script(_SCRIPT)
        self._waiting: deque[tuple[Sequence[Take], asyncio.Future[Verdict]]] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def take(self, wanted: Sequence[Take]) -> Verdict:
        """As Limits has it. It raises nothing: without Redis, memory answers."""
        known = self._memory.look(wanted)
        if not known.allowed:
            return known
        if not self._link.worth_asking:
            return self._alone(wanted)
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await answer

    def _alone(self, wanted: Sequence[Take]) -> Verdict:
        self._link.failed("limits")
        return self._memory.take_now(wanted)

    async def _ask(self) -> None:
        while self._waiting:
            together = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            told: list[Verdict] = []
            try:
                with suppress(RedisAway):
                    told = await self._run([wanted for wanted, _ in together])
            finally:
                # whatever happened, nobody is left waiting
                for place, (wanted, answer) in enumerate(together):
                    if not answer.done():
                        answer.set_result(told[place] if told else self._alone(wanted))

    async def _run(self, questions: Sequence[Sequence[Take]]) -> list[Verdict]:
        keys = [key("limits", take.key) for wanted in questions for take in wanted]
        arguments: list[int] = []
        for wanted in questions:
            arguments.append(len(wanted))
            for _, budget in wanted:
                window = round(budget.window_s * 1_000_000)
                # rounded up, so that no rounding lets one more through
                arguments += (-(-window // budget.quota), window)
        with self._link.asking("limits"):
            answer = await self._script(keys=keys, args=arguments)
        return self._read(questions, deque(answer))

    def _read(self, questions: Sequence[Sequence[Take]], answer: deque[int]) -> list[Verdict]:
        told, now = [], monotonic()
        for wanted in questions:
            allowed = answer.popleft() == 1
            ahead = [answer.popleft() / 1_000_000 for _ in wanted]
            for (name, budget), ahead_s in zip(wanted, ahead, strict=True):
                self._memory.note(name, now + ahead_s - (0.0 if allowed else budget.interval_s))
            told.append(verdict_of(wanted, ahead)._replace(allowed=allowed))
        return told
