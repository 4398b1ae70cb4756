"""Which words of a Korean text speak of which stock in it. It does not know what they weigh, nor how stocks are found.

Korean names its topic first: what follows a stock is said of it, up to the next stock or the end of the clause. Stocks
with nothing said between them share what follows (`삼전이랑 하닉 급등`), and what stands before the first stock of its
clause is said of that one (`급락한 하닉`).
"""

import re
from collections.abc import Sequence

# of what is said of other stocks, how much rubs off
OTHERS = 0.2

_CLAUSE_END = re.compile(r"[,.!?;·/…\n]+|(?<=[가-힣])(?:지만|는데|으나|고) ")


def shares(text: str, places: Sequence[tuple[int, int]], said: Sequence[int]) -> list[list[float]]:
    """For each of `places`, mentions at [start, end), a factor for each word that begins at one of `said`: 1 where it
    speaks of that mention or of none, else OTHERS. Positions are code points of `text`; `said` ascends.
    """
    owners = _owners(text, places, said)
    return [[1.0 if not owner or mention in owner else OTHERS for owner in owners] for mention in range(len(places))]


def _owners(text: str, places: Sequence[tuple[int, int]], said: Sequence[int]) -> list[set[int]]:
    """For each word the mentions that it speaks of."""
    ends = [found.end() for found in _CLAUSE_END.finditer(text)]
    items = sorted(
        [(end, 0, 0) for end in ends]
        + [(start, 1, mention) for mention, (start, _) in enumerate(places)]
        + [(start, 2, word) for word, start in enumerate(said)]
    )
    owners: list[set[int]] = [set() for _ in said]
    group: set[int] = set()
    # words of this clause that no mention stands before
    early: list[int] = []
    answered = begins = False
    for _, kind, which in items:
        if kind == 0:
            begins = answered
            early = []
        elif kind == 1:
            group = {which} if answered else group | {which}
            answered = bool(early)
            for word in early:
                owners[word] = set(group)
            early, begins = [], False
        else:
            owners[which] = set(group)
            if begins or not group:
                early.append(which)
            answered = answered or bool(group)
    return owners
