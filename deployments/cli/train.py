"""`insitechart train`: learns the weights of finance@1 from a folder of labelled texts. It does not know how."""

import hashlib
from pathlib import Path

import click

from lib.scoring.finance.weights import FILE
from lib.scoring.labelled import read_labelled
from lib.scoring.provenance import PROVENANCE
from lib.scoring.training.train import SCORER, SEED, packed
from lib.scoring.training.train import train as learn

_INPUT = "sentiment_train.jsonl.gz"


@click.command()
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help=f"Folder that holds {_INPUT}.",
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="Decides which texts share a fold.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(FILE),
    show_default=True,
    help="File to write.",
)
def train(folder: Path, seed: int, out: Path) -> None:
    """Learn the weights of finance@1; the same texts and seed give the same bytes.

    Only the sets whose licence lets the weights be shipped are read: tfns and sentfin.
    """
    licensed = PROVENANCE[SCORER].learned_from
    examples = [text for text in read_labelled(folder / _INPUT) if text.dataset in licensed]
    click.echo(f"Learning from {len(examples):,} texts …")
    data = packed(learn(examples, seed))
    out.write_bytes(data)
    click.echo(f"{out}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
