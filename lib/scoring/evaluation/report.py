"""The published figures as a page to read. It does not measure."""

from collections.abc import Iterator

from lib.scoring.evaluation.figures import LABELS, Figures
from lib.scoring.evaluation.published import Published

_HEAD = """# Accuracy

Written by `make evaluate`, the same from the same texts. Each scorer reads the held-out texts of every set; labels come
from values at ±0.05. Brackets hold 95 % of 2,000 resamplings. Macro-F1 is over the labels that a set has. The calibration
error is the mean distance of the value from the mean truth (1, 0, -1) among texts of like value. *finance@1* learned
from other texts of tfns and sentfin, and from none of the other sets. *Loughran-McDonald* counts words of their lists,
which are not part of InsiteChart.
"""


def page(published: Published) -> str:
    """The Markdown of all figures."""
    return "\n".join((_HEAD, *_overview(published), *_details(published), *_tickers(published)))


def _overview(published: Published) -> Iterator[str]:
    names = sorted({name for sets in published.scorers.values() for name in sets})
    yield "## Macro-F1 and accuracy"
    yield ""
    for name in names:
        yield f"### {name}"
        yield ""
        yield "| scorer | texts | macro-F1 | accuracy | calibration error |"
        yield "|---|---|---|---|---|"
        for scorer, sets in published.scorers.items():
            if name in sets:
                yield _line(scorer, sets[name])
        yield ""


def _line(scorer: str, figures: Figures) -> str:
    f1, accuracy = figures.macro_f1_interval, figures.accuracy_interval
    return (
        f"| {scorer} | {figures.texts:,} | {figures.macro_f1:.3f} [{f1[0]:.3f}, {f1[1]:.3f}] "
        f"| {figures.accuracy:.3f} [{accuracy[0]:.3f}, {accuracy[1]:.3f}] | {figures.calibration_error:.3f} |"
    )


def _details(published: Published) -> Iterator[str]:
    yield "## By label"
    yield ""
    yield "The last three columns count the texts of the label by what the scorer called them."
    yield ""
    yield f"| scorer | set | label | texts | precision | recall | F1 | {' | '.join(LABELS)} |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for scorer, sets in published.scorers.items():
        for name, figures in sets.items():
            for label, row in zip(LABELS, figures.confusion, strict=True):
                if label in figures.classes:
                    of = figures.classes[label]
                    yield (
                        f"| {scorer} | {name} | {label} | {of.texts:,} | {of.precision:.3f} | {of.recall:.3f} "
                        f"| {of.f1:.3f} | {' | '.join(map(str, row))} |"
                    )
    yield ""


def _tickers(published: Published) -> Iterator[str]:
    if published.tickers:
        yield "## Tickers"
        yield ""
        yield "| resolver | set | texts | precision | recall |"
        yield "|---|---|---|---|---|"
        for resolver, sets in published.tickers.items():
            for name, of in sets.items():
                yield f"| {resolver} | {name} | {of.texts:,} | {of.precision:.3f} | {of.recall:.3f} |"
        yield ""
