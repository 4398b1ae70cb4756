"""Runs scorers over labelled texts and the entities they name. It does not know files or how figures are shown.

Scorers are not told the language of a text. A text may be read by its own score, an entity by its mention's; a scorer
that does not tell mentions apart says of each what it says of the text.
"""

from collections.abc import Collection, Mapping, Sequence

from lib.scoring.evaluation.baseline import majority
from lib.scoring.evaluation.figures import ScorerFigures
from lib.scoring.evaluation.measures import Measured, figures_of, measure, overall
from lib.scoring.evaluation.sets import Case, Group
from lib.scoring.evaluation.tally import Judged
from lib.scoring.mentions import values_of_mentions
from lib.scoring.provenance import Provenance
from lib.scoring.registry import Scorer
from lib.scoring.verdict import label_of

_TRUTH = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}

ByName = Mapping[str, Measured]


def run(scorer: Scorer, groups: Sequence[Group], languages: Collection[str] | None = None) -> dict[str, Measured]:
    """What `scorer` is measured to be on each set by the set's name; on those in `languages` alone, if given."""
    return {
        group.about.name: measure(group.about.name, [_judged(scorer, case) for case in group.cases])
        for group in groups
        if languages is None or set(group.about.languages) <= set(languages)
    }


def run_majority(groups: Sequence[Group]) -> dict[str, Measured]:
    """The same of who answers the most frequent label of each set to everything."""
    found = {}
    for group in groups:
        label = majority([label for case in group.cases for label in case.labels])
        said = [[Judged(truth, label, _TRUTH[label]) for truth in case.labels] for case in group.cases]
        found[group.about.name] = measure(group.about.name, said)
    return found


def summed_up(
    name: str, measured: ByName, groups: Sequence[Group], vader: ByName, origin: Provenance | None = None
) -> ScorerFigures:
    """All figures of one scorer beside `vader`. Overall, sets count that are of texts and, by `origin`, in languages
    that the scorer reads; without `origin`, all of them.
    """
    learned_from = origin.learned_from if origin else ()
    there = [group for group in groups if group.about.name in measured]
    mine = [
        group
        for group in there
        if group.about.of == "texts" and (origin is None or set(group.about.languages) <= set(origin.languages))
    ]
    beside = vader if measured is not vader else None

    def together(of: Sequence[Group]) -> tuple[list[Measured], list[Measured] | None]:
        names = [group.about.name for group in of]
        return [measured[of] for of in names], None if beside is None else [beside[of] for of in names]

    return ScorerFigures(
        name,
        overall(*together(mine)),
        overall(*together([group for group in mine if group.dataset not in learned_from])),
        tuple(
            figures_of(
                measured[group.about.name],
                None if beside is None else beside[group.about.name],
                learned_from=group.dataset in learned_from,
            )
            for group in there
        ),
    )


def _judged(scorer: Scorer, case: Case) -> list[Judged]:
    if not case.places:
        score = scorer.score(case.text)
        return [Judged(case.labels[0], score.label, score.value)]
    values = values_of_mentions(scorer, case.text, case.places)
    return [Judged(truth, label_of(value), value) for truth, value in zip(case.labels, values, strict=True)]
