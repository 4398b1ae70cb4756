"""`insitechart evaluate`: measures the scorers and writes what is published. It does not know how one measures."""

from pathlib import Path

import click

import lib.scoring.evaluation
from lib.errors import ConfigurationError
from lib.scoring.evaluation.folder import Folder
from lib.scoring.evaluation.page import page
from lib.scoring.evaluation.publish import measured, measured_tickers
from lib.scoring.evaluation.published import FILE, write
from lib.scoring.evaluation.readme import BEGIN, END, LANGUAGES, with_tables
from lib.scoring.registry import SCORERS

_PACKAGE = Path(lib.scoring.evaluation.__path__[0])
_PROJECT = _PACKAGE.parents[2]


@click.command()
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder that holds sentiment_dev.jsonl.gz, or .jsonl: labelled texts as docs/accuracy.md describes them.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_PACKAGE / FILE,
    help="File for the figures that /sentiment/scorers serves.  [default: the one of the package]",
)
@click.option(
    "--docs",
    type=click.Path(path_type=Path, file_okay=False),
    default=_PROJECT,
    help="Folder of docs/accuracy.md and the READMEs.  [default: the project]",
)
@click.option("--write/--no-write", "publish", default=True, show_default=True, help="Publish, or only print the page.")
def evaluate(folder: Path, figures: Path, docs: Path, publish: bool) -> None:
    """Measure every scorer on labelled texts that it did not learn from.

    Beside them stand VADER, Loughran-McDonald and the most frequent label; on posts that people marked, finding stocks
    is measured, too. Prints the page, and writes it to docs/accuracy.md, the figures into the package and the tables
    into the READMEs. The same texts give the same bytes. None of the texts is written anywhere.
    """
    data = Folder(folder)
    texts = data.texts()
    posts, listings, lists = data.posts(), data.listings(), data.word_lists()
    found = measured(
        texts,
        SCORERS,
        [] if lists is None else [lists],
        tickers=[] if posts is None or listings is None else measured_tickers(posts, listings),
        missing=data.missing(),
    )
    text = page(found)
    click.echo(text, nl=False)
    if publish:
        written = {figures: write(found), docs / "docs" / "accuracy.md": text.encode()}
        for name, words in LANGUAGES.items():
            if (docs / name).exists():
                readme = with_tables((docs / name).read_text("utf-8"), found, words)
                if readme is None:
                    raise ConfigurationError(
                        f"{docs / name} has no place for the figures.", hint=f"Give it the lines {BEGIN} and {END}."
                    )
                written[docs / name] = readme.encode()
        for file, content in written.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
