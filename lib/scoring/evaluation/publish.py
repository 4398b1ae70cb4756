"""Measures every scorer and baseline on labelled texts, and ways of finding stocks on marked posts. It reads no files,
and does not know how figures are shown.
"""

from collections.abc import Iterable, Mapping, Sequence

from lib.domain.symbols import Listing
from lib.scoring.evaluation.baseline import MAJORITY
from lib.scoring.evaluation.figures import ScorerFigures
from lib.scoring.evaluation.published import FinderFigures, Published
from lib.scoring.evaluation.run import run, run_majority, summed_up
from lib.scoring.evaluation.sets import groups
from lib.scoring.labelled import LabelledText
from lib.scoring.provenance import PROVENANCE
from lib.scoring.registry import Scorer
from lib.tickers.baselines import RegexFinder
from lib.tickers.evaluation import MarkedPost, evaluate
from lib.tickers.resolver import Resolver

BESIDE = "vader@1"


def measured(
    texts: Sequence[LabelledText],
    scorers: Mapping[str, Scorer],
    baselines: Sequence[Scorer] = (),
    *,
    tickers: Sequence[FinderFigures] = (),
    missing: Sequence[str] = (),
) -> Published:
    """Everything that is published. vader@1, which must be among `scorers`, reads every set, as others are shown beside
    it; the other scorers read those in their languages. The same from the same texts.
    """
    found = groups(texts)
    vader = run(scorers[BESIDE], found)

    def of_scorer(name: str) -> ScorerFigures:
        origin = PROVENANCE[name]
        ours = vader if name == BESIDE else run(scorers[name], found, origin.languages)
        return summed_up(name, ours, found, vader, origin)

    return Published(
        tuple(group.about for group in found),
        tuple(of_scorer(name) for name in sorted(scorers)),
        (
            *(summed_up(scorer.name, run(scorer, found), found, vader) for scorer in baselines),
            summed_up(MAJORITY, run_majority(found), found, vader),
        ),
        tuple(tickers),
        tuple(missing),
    )


def measured_tickers(posts: Sequence[MarkedPost], listings: Iterable[Listing]) -> list[FinderFigures]:
    """The resolver over `listings`, and beside it what trackers usually do."""
    resolver = Resolver(listings)
    cashtags = RegexFinder(resolver.symbol_of, upper=False)
    upper = RegexFinder(resolver.symbol_of, upper=True)
    return [
        FinderFigures("InsiteChart", evaluate(resolver, posts)),
        FinderFigures("cashtags alone", evaluate(resolver, posts, cashtags)),
        FinderFigures("cashtags and upper-case words", evaluate(resolver, posts, upper)),
    ]
