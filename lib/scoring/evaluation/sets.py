"""Groups labelled texts into sets to measure on: texts by their label, and the entities of texts by theirs. It does not
score, and reads no file.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lib.domain.sentiment import Label
from lib.scoring.evaluation.figures import LabelledSet, Of
from lib.scoring.labelled import LabelledText

PER_ENTITY = "{} (per entity)"

# in the order of the page: what it is, and its licence
_KNOWN = {
    "tfns": ("Financial posts from Twitter", "MIT"),
    "sentfin": ("Headlines of Indian business news, each company labelled by itself", "MIT"),
    "fiqa": ("Headlines and posts about British and US stocks", "for research"),
    "semeval17_headline": ("Headlines about British and US stocks", "for research"),
    "phrasebank": ("Sentences of English news about Nordic companies", "CC BY-NC-SA"),
    "phrasebank_ko": ("The same news in Korean translation", "CC BY-NC-SA"),
    "stockemotions": ("Posts from StockTwits, positive or negative only", "not stated"),
}

Place = tuple[int, int]


class Case(NamedTuple):
    """A text with what is to be said of it: its label, or those of entities and where each stands."""

    text: str
    labels: tuple[Label, ...]
    places: tuple[Place, ...]


class Group(NamedTuple):
    """A set and its cases."""

    about: LabelledSet
    dataset: str
    cases: tuple[Case, ...]


def groups(texts: Iterable[LabelledText]) -> list[Group]:
    """Every set of `texts`, the known ones first; one whose texts name entities is followed by one of those. A set of
    which nothing can be measured is left out.
    """
    by_set: dict[str, list[LabelledText]] = defaultdict(list)
    for text in texts:
        by_set[text.dataset].append(text)
    order = [*(name for name in _KNOWN if name in by_set), *sorted(by_set.keys() - _KNOWN.keys())]
    found = [group for name in order for group in (_whole(name, by_set[name]), _per_entity(name, by_set[name]))]
    return [group for group in found if group.cases]


def _whole(name: str, texts: Sequence[LabelledText]) -> Group:
    cases = tuple(Case(text.text, (text.label,), ()) for text in texts if text.label != "mixed")
    return Group(_about(name, name, "texts", texts, len(cases), len(texts) - len(cases)), name, cases)


def _per_entity(dataset: str, texts: Sequence[LabelledText]) -> Group:
    cases = []
    left_out = 0
    for text in texts:
        entities = text.entities or {}
        found = [(label, place) for name, label in entities.items() if (place := _place_of(name, text.text))]
        left_out += len(entities) - len(found)
        if found:
            cases.append(Case(text.text, tuple(label for label, _ in found), tuple(place for _, place in found)))
    count = sum(len(case.labels) for case in cases)
    name = PER_ENTITY.format(dataset)
    return Group(_about(name, dataset, "entities", texts, count, left_out), dataset, tuple(cases))


def _place_of(name: str, text: str) -> Place | None:
    """Where an entity first stands as it is named, in whatever letters: by itself, or else within a word."""
    pattern = re.escape(name)
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) or re.search(pattern, text, re.IGNORECASE)
    return found.span() if found and name else None


def _about(name: str, dataset: str, of: Of, texts: Sequence[LabelledText], count: int, left_out: int) -> LabelledSet:
    about, licence = _KNOWN.get(dataset, ("", ""))
    kinds = sorted({text.kind for text in texts if text.kind})
    licences = sorted({text.licence for text in texts if text.licence})
    return LabelledSet(
        name,
        of,
        about or ", ".join(kinds) or "own texts",
        licence or ", ".join(licences) or "not stated",
        tuple(sorted({text.lang for text in texts})),
        count,
        left_out,
    )
