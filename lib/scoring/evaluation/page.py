"""The published figures as a page to read, docs/accuracy.md. It does not measure."""

from collections.abc import Iterator

from lib.bootstrap import RESAMPLES
from lib.scoring.evaluation import tables
from lib.scoring.evaluation.published import Published

_HEAD = f"""# Accuracy

Written by `make evaluate`; the same texts give the same page, to the byte. `GET /api/v1/sentiment/scorers` serves the
same figures. How `finance@1` was made: [model-card-finance.md](model-card-finance.md).

Scorers read texts that none of them learned from, and are not told their language. What is said in brackets behind a
figure holds 95 % of {RESAMPLES:,} resamplings of the texts; all entities of a text are drawn together. A difference
to `vader@1` is resampled in pairs, both on the same texts: above 0 throughout, it is no accident. Macro-F1 is the
mean F1 of the labels that a set has, and a mean over sets counts each once. † marks a scorer that learned from other
texts of the same set, which makes it look better than it will be on yours: judge it by the sets it has not seen.

*Loughran-McDonald* is the share of positive words less that of negative ones by their lists, which are not part of
InsiteChart; *most frequent label* answers what the set has most, without reading."""

_SETS = """## The sets

A text labelled `mixed` names companies that are judged differently. No label would be right for the whole, so it is
left out of the figures of texts and counts in those of entities, where each company is judged by itself: with what
the scorer says of that mention, or, by a scorer that does not tell mentions apart, of the text. Entities that do not
stand in the text as they are named are left out. The texts themselves are no part of InsiteChart."""

_CALIBRATION = """## What the value means

Labels come from the value: from +0.05 on a text is positive, from -0.05 down negative. Truth is 1, 0 or -1. The value
of `finance@1` is the chance of positive less that of negative, bent so that labels begin at ±0.05: a cautious mean
truth, as of a hundred texts at +0.6 some sixty more or above should be positive than negative. The values of
`vader@1` and `korean@1` are sums of words squashed into [-1, 1]: a higher one is more positive, but not by a known
amount. The tables say how far either holds. They show the mean value and the mean truth of the texts whose value is
in one bin, and behind them the mean truth (and the number of texts) in each set. The calibration error is the mean
distance between the two; it is never quite 0, since few texts in a bin differ by chance alone."""

_LABELS = """## By label

Behind precision, recall and F1: what the texts of the label were called."""

_TICKERS = """## Stocks in posts

Posts in which people marked tickers and companies. A ticker counts once a post. A mention is right if its symbol was
marked in the post, or if it stands on words marked as a company. Recall is of the marked tickers that the listings
have, and beside it of all: the others are mostly funds, indices and stocks that are listed no more, which nobody can
find who does not list them."""

_OWN = """## Your own texts

Put a file `sentiment_dev.jsonl` or `sentiment_dev.jsonl.gz` into a folder and run

```console
$ insitechart evaluate --data FOLDER --no-write
```

One JSON object a line:

| field | |
|---|---|
| dataset | name of the set; a file may hold several |
| text | the text as people wrote it |
| label | `positive`, `neutral`, `negative`, or `mixed` where the entities differ |
| entities | optional: an object of names as they stand in the text, each with its label |
| lang | optional: `en` (what is assumed) or `ko`; a set is read by the scorers of its language |
| kind, licence | optional: shown beside the set |

With `wsb_ticker_spans.jsonl.gz` (`text` and `spans`, each with `start`, `end` in code points, `text`, and `label`:
`ticker` or `company`) and listings in `us_symbols.csv.gz` (`yahoo_symbol` and `name`) beside it, finding stocks is
measured too; with `lexicons/loughran_mcdonald_2018.csv.gz` (`word` and `category`), their lists are. Without
`--no-write` this page, the figures that are served and the tables of the READMEs are written anew."""


def page(found: Published) -> str:
    """The Markdown of all figures."""
    return "\n\n".join((_HEAD, *_overview(found), *_sets(found), *_tickers(found), *_details(found), _OWN)) + "\n"


def _overview(found: Published) -> Iterator[str]:
    if found.missing:
        yield "\n".join(f"- {sentence}" for sentence in found.missing)
    yield "## Macro-F1"
    yield tables.overview_table(found, (*found.scorers, *found.baselines))
    yield "Means over sets of texts, each counting once; *unseen* leaves out those marked †."
    yield tables.overall_table(found)


def _sets(found: Published) -> Iterator[str]:
    yield _SETS
    yield tables.sets_table(found)
    for of in found.sets:
        yield f"### {of.name}"
        yield tables.set_table(found, of.name)


def _tickers(found: Published) -> Iterator[str]:
    if not found.tickers:
        return
    of = found.tickers[0].figures
    yield _TICKERS
    yield f"{of.posts:,} posts, {of.marked:,} marked tickers that are listed and {of.unlisted:,} that are not."
    yield tables.finders_table(found.tickers)
    yield f"Of *{found.tickers[0].name}*, by the way a stock was recognised, and by confidence:"
    yield tables.methods_table(of)
    yield tables.bands_table(of)


def _details(found: Published) -> Iterator[str]:
    yield _CALIBRATION
    for scorer in found.scorers:
        yield f"### Values of {scorer.name}"
        yield tables.calibration_table(scorer)
    yield _LABELS
    for scorer in (*found.scorers, *found.baselines[:-1]):
        yield f"### Labels of {scorer.name}"
        yield tables.label_table(scorer)
