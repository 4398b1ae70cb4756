"""`insitechart evaluate`: measures the scorers and writes what is published. It does not know how one measures."""

from pathlib import Path

import click
import msgspec

import lib.scoring.evaluation
from lib.scoring.evaluation.baseline import LoughranMcDonald
from lib.scoring.evaluation.published import FILE, Published, published
from lib.scoring.evaluation.report import page
from lib.scoring.evaluation.run import evaluate as figures_of
from lib.scoring.registry import SCORERS, Scorer
from lib.scoring.training.examples import read_examples

_SPLIT = "dev"
_LISTS = Path("lexicons") / "loughran_mcdonald_2018.csv.gz"
_SETS = ("tfns", "sentfin", "fiqa", "semeval17_headline", "phrasebank", "stockemotions")


@click.command()
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help=f"Folder that holds sentiment_{_SPLIT}.jsonl.gz.",
)
@click.option("--write/--no-write", default=True, show_default=True, help="Publish the figures, or only print them.")
def evaluate(folder: Path, write: bool) -> None:
    """Measure the scorers on labelled texts they did not learn from; write docs/accuracy.md and the package's figures."""
    examples = read_examples(folder / f"sentiment_{_SPLIT}.jsonl.gz", _SETS)
    scorers: list[Scorer] = [SCORERS[name] for name in sorted(SCORERS)]
    if (folder / _LISTS).exists():
        scorers.append(LoughranMcDonald(folder / _LISTS))
    found = Published(_SPLIT, {scorer.name: figures_of(scorer, examples) for scorer in scorers}, published().tickers)
    text = page(found)
    click.echo(text)
    if write:
        package = Path(lib.scoring.evaluation.__path__[0])
        (package / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        (package.parents[2] / "docs" / "accuracy.md").write_text(text, encoding="utf-8")
