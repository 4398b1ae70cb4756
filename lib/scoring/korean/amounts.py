"""Numbers with a direction: ▲3%, -2.1%, and amounts that are compared: 870만 유로에서 1,310만 유로로.

It knows no words. Which way an amount went is all it says; whether that is good depends on what the amount is of.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_SIGNED = re.compile(
    r"(?<![\w.)%~-])(?P<sign>[▲△▼▽↑↓+-]|−) ?\d{1,3}(?:,\d{3})*(?:\.\d+)? ?(?:%p?|퍼센트|프로)(?P<after>[↑↓▲▼])?"
    r"|(?<![\w.])\d{1,3}(?:,\d{3})*(?:\.\d+)? ?(?:%p?|퍼센트)(?P<alone>[↑↓▲▼])"
)
_UPWARD = frozenset("▲△↑+")
_SCALES = {"조": 1e12, "십억": 1e9, "억": 1e8, "천만": 1e7, "백만": 1e6, "만": 1e4, "천": 1e3, "": 1.0}
_AMOUNT = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?P<decimals>\.\d+)? ?(?P<scale>조|십억|억|천만|백만|만|천|)"
    r" ?(?P<unit>유로|달러|원|엔|위안|파운드|크로나|크로네|퍼센트|%|EUR|USD|KRW|명|대|건|톤|개)"
)
_BASE_AFTER = re.compile(
    r"(?:의 [가-힣 ]{1,12})?(?:에서|에 비해|에 비하|과 비교|와 비교|보다| 대비|이었던|였던|이었으|였으|의 손실에서)"
)
_FARTHEST = 60


class Direction(NamedTuple):
    """Something at [start, end) went up (1) or down (-1)."""

    sign: int
    start: int
    end: int


def signed_numbers(text: str) -> Iterator[Direction]:
    """Percentages with a sign or an arrow, in the order of `text`."""
    for match in _SIGNED.finditer(text):
        mark = match["alone"] or match["after"] or match["sign"]
        yield Direction(1 if mark in _UPWARD else -1, *match.span())


def compared_amounts(text: str, start: int, end: int) -> Direction | None:
    """Which way an amount went in the sentence [start, end), where it is compared with an earlier one of its unit."""
    amounts = list(_AMOUNT.finditer(text, start, end))
    for place, base in enumerate(amounts):
        if _BASE_AFTER.match(text, base.end(), end) is None:
            continue
        for other in amounts[place + 1 : place + 2] + amounts[max(place - 1, 0) : place]:
            near = abs(other.start() - base.start()) <= _FARTHEST
            if near and other["unit"] == base["unit"] and _value(other) != _value(base):
                first, last = sorted((base.span(), other.span()))
                return Direction(1 if _value(other) > _value(base) else -1, first[0], last[1])
    return None


def _value(match: re.Match[str]) -> float:
    return float(match["number"].replace(",", "") + (match["decimals"] or "")) * _SCALES[match["scale"]]
