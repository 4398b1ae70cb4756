"""The few figures that the READMEs show, between two marks that stand in them. It does not measure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from lib.scoring.evaluation.published import Published
from lib.scoring.evaluation.tables import NOTHING, estimate, overview_table, table

BEGIN, END = "<!-- accuracy: written by make evaluate -->", "<!-- end of accuracy -->"

_SHOWN = ("finance@1", "vader@1", "Loughran-McDonald")


class Words(NamedTuple):
    """What the table says in one language."""

    set: str
    found_by: str
    precision: str
    recall: str
    finders: Mapping[str, str]


LANGUAGES: Mapping[str, Words] = {
    "README.md": Words("macro-F1 on", "stocks found by", "precision", "recall", {}),
    "README.ko.md": Words(
        "매크로 F1",
        "종목 찾기",
        "정밀도",
        "재현율",
        {"cashtags alone": "캐시태그만", "cashtags and upper-case words": "캐시태그와 대문자 단어"},
    ),
}


def tables(found: Published, words: Words) -> str:
    """Macro-F1 of the default scorer beside what it is compared with, and how right stocks are found."""
    every = {scorer.name: scorer for scorer in (*found.scorers, *found.baselines)}
    moods = overview_table(found, [every[name] for name in _SHOWN if name in every], words.set)
    stocks = table(
        (words.found_by, words.precision, words.recall),
        [
            (
                words.finders.get(one.name, one.name),
                estimate(one.figures.precision, one.figures.precision_interval),
                estimate(one.figures.recall, one.figures.recall_interval),
            )
            for one in found.tickers
        ]
        or [(NOTHING, NOTHING, NOTHING)],
    )
    return f"{moods}\n\n{stocks}"


def with_tables(text: str, found: Published, words: Words) -> str | None:
    """`text` with the tables of `found` in place of what stands between the marks; None where there are no marks."""
    between = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    if not between.search(text):
        return None
    return between.sub(lambda _: f"\n{tables(found, words)}\n\n", text, count=1)
