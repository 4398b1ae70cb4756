"""Runs scorers over labelled texts, set by set, and over the entities that texts name. It does not know files or how
figures are shown.
"""

from collections import defaultdict
from collections.abc import Sequence
from lib.domain.sentiment import Label
from lib.scoring.evaluation.figures import Figures
from lib.scoring.evaluation.measures import measure
from lib.scoring.reader import ScoresMentions
from lib.scoring.registry import Scorer
from lib.scoring.training.examples import Example
from lib.scoring.verdict import label_of

PER_ENTITY = "{} (per entity)"


def evaluate(scorer: Scorer, examples: Sequence[Example]) -> dict[str, Figures]:
    """The figures of `scorer` by set; a set with entities has a second entry for them. A scorer that does not tell
    mentions apart is taken to say of each what it says of the text.
    """
    truth: dict[str, list[Label]] = defaultdict(list)
    values: dict[str, list[float]] = defaultdict(list)
    for example in examples:
        value = scorer.score(example.text).value
        if example.label is not None:
            truth[example.dataset].append(example.label)
            values[example.dataset].append(value)
        places = _places(example)
        if places:
            name = PER_ENTITY.format(example.dataset)
            truth[name] += [label for label, _ in places]
            if isinstance(scorer, ScoresMentions):
                values[name] += scorer.score_mentions(example.text, [place for _, place in places])
            else:
                values[name] += [value] * len(places)
    return {name: measure(truth[name], [label_of(v) for v in values[name]], values[name]) for name in sorted(truth)}


def _places(example: Example) -> list[tuple[Label, tuple[int, int]]]:
    """Label and place of each entity that stands in the text as it is named."""
    lower = example.text.lower()
    found = ((label, lower.find(name.lower()), len(name)) for name, label in example.entities.items())
    return [(label, (start, start + length)) for label, start, length in found if start >= 0]
