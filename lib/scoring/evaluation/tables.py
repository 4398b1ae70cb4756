"""Figures as Markdown tables. It measures nothing, and knows no prose."""

from collections.abc import Iterable, Iterator, Sequence

from lib.scoring.evaluation.figures import LABELS, Difference, Overall, Reliability, ScorerFigures, SetFigures
from lib.scoring.evaluation.published import FinderFigures, Published
from lib.tickers.figures import TickerAccuracy

Interval = tuple[float, float]

NOTHING = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ("| " + " | ".join(line) + " |" for line in rows)
    return "\n".join(("| " + " | ".join(head) + " |", "|---" * len(head) + "|", *lines))


def estimate(figure: float, of: Interval, *, signed: bool = False) -> str:
    """A figure with its interval."""
    form = "+.3f" if signed else ".3f"
    return f"{figure:{form}} [{of[0]:{form}}, {of[1]:{form}}]"


def sets_table(found: Published) -> str:
    """What was measured on."""
    learners = {
        of.name: [
            scorer.name for scorer in found.scorers for on in scorer.sets if on.name == of.name and on.learned_from
        ]
        for of in found.sets
    }
    return table(
        ("set", "what it is", "language", "licence", "measured", "left out", "learned from by"),
        (
            (
                of.name,
                of.about,
                ", ".join(of.languages),
                of.licence,
                f"{of.texts:,} {of.of}",
                f"{of.left_out:,}" if of.left_out else NOTHING,
                ", ".join(learners[of.name]) or NOTHING,
            )
            for of in found.sets
        ),
    )


def overview_table(found: Published, scorers: Sequence[ScorerFigures], set_head: str = "set") -> str:
    """Macro-F1 of `scorers`, set by set."""
    figures = {scorer.name: {of.name: of for of in scorer.sets} for scorer in scorers}
    return table(
        (set_head, *(scorer.name for scorer in scorers)),
        (
            (of.name, *(_macro_f1(figures[scorer.name].get(of.name)) for scorer in scorers))
            for of in found.sets
            if any(of.name in known for known in figures.values())
        ),
    )


def overall_table(found: Published) -> str:
    """Means over sets: all of a scorer's languages, and those it learned nothing from."""
    rows = [
        (scorer.name, name, of)
        for scorer in (*found.scorers, *found.baselines)
        for name, of in _wholes(scorer)
        if of is not None
    ]
    return table(
        ("scorer", "over", "sets", "macro-F1", "accuracy", "macro-F1 over vader@1"),
        (
            (
                scorer,
                name,
                str(len(of.sets)),
                estimate(of.macro_f1, of.macro_f1_interval),
                estimate(of.accuracy, of.accuracy_interval),
                _over(of.over_vader),
            )
            for scorer, name, of in rows
        ),
    )


def set_table(found: Published, name: str) -> str:
    """Every scorer on one set."""
    rows = ((scorer.name, of) for scorer in (*found.scorers, *found.baselines) for of in scorer.sets if of.name == name)
    return table(
        ("scorer", "macro-F1", "accuracy", "macro-F1 over vader@1", "calibration error"),
        (
            (
                scorer + (" †" if of.learned_from else ""),
                estimate(of.macro_f1, of.macro_f1_interval),
                estimate(of.accuracy, of.accuracy_interval),
                _over(of.over_vader),
                estimate(of.calibration_error, of.calibration_error_interval),
            )
            for scorer, of in rows
        ),
    )


def label_table(scorer: ScorerFigures) -> str:
    """Precision, recall, F1 and confusion of one scorer, label by label."""
    return table(
        ("set", "label", "texts", "precision", "recall", "F1", *(f"called {label}" for label in LABELS)),
        (
            (
                of.name,
                one.label,
                f"{one.texts:,}",
                estimate(one.precision, one.precision_interval),
                estimate(one.recall, one.recall_interval),
                estimate(one.f1, one.f1_interval),
                *(str(one.called[label]) for label in LABELS),
            )
            for of in scorer.sets
            for one in of.classes
            if one.texts
        ),
    )


def calibration_table(scorer: ScorerFigures) -> str:
    """Mean truth by value of one scorer: of all its sets together, then of each."""
    if scorer.overall is None:
        return NOTHING
    each = [{one.low: one for one in of.calibration} for of in scorer.sets]
    return table(
        ("value", "texts", "mean value", "mean truth", *(of.name for of in scorer.sets)),
        (
            (
                f"{one.low:+.1f} to {one.high:+.1f}",
                f"{one.texts:,}",
                f"{one.value:+.3f}",
                estimate(one.truth, one.truth_interval, signed=True),
                *(_truth(known.get(one.low)) for known in each),
            )
            for one in scorer.overall.calibration
        ),
    )


def finders_table(found: Sequence[FinderFigures]) -> str:
    """Every way of finding stocks."""
    return table(
        ("found by", "mentions", "precision", "recall of listed", "recall of all"),
        ((one.name, *_finder(one.figures)) for one in found),
    )


def methods_table(of: TickerAccuracy) -> str:
    """Of one finder, how right each way of recognising a stock is."""
    return table(
        ("recognised by", "mentions", "precision", "share of listed tickers found"),
        (
            (
                one.method,
                str(one.mentions),
                estimate(one.precision, one.precision_interval),
                estimate(one.recall, one.recall_interval),
            )
            for one in of.methods
        ),
    )


def bands_table(of: TickerAccuracy) -> str:
    """Of one finder, how right mentions of like confidence are."""
    return table(
        ("confidence", "mentions", "precision"),
        (
            (f"{one.low:.1f} to {one.high:.1f}", str(one.mentions), estimate(one.precision, one.precision_interval))
            for one in of.bands
        ),
    )


def _wholes(scorer: ScorerFigures) -> Iterator[tuple[str, Overall | None]]:
    yield "all", scorer.overall
    if any(of.learned_from for of in scorer.sets):
        yield "unseen", scorer.unseen


def _finder(of: TickerAccuracy) -> tuple[str, ...]:
    return (
        str(of.mentions),
        estimate(of.precision, of.precision_interval),
        estimate(of.recall, of.recall_interval),
        estimate(of.recall_of_all, of.recall_of_all_interval),
    )


def _macro_f1(of: SetFigures | None) -> str:
    return NOTHING if of is None else estimate(of.macro_f1, of.macro_f1_interval) + (" †" if of.learned_from else "")


def _over(of: Difference | None) -> str:
    return NOTHING if of is None else estimate(of.macro_f1, of.macro_f1_interval, signed=True)


def _truth(of: Reliability | None) -> str:
    return NOTHING if of is None else f"{of.truth:+.2f} ({of.texts})"
