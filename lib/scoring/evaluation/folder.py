"""Reads what is measured on from a folder: labelled texts and, where they are there, posts in which people marked
stocks, listings and word lists. It does not measure.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lib.domain.symbols import Listing
from lib.errors import ConfigurationError
from lib.scoring.evaluation.baseline import LoughranMcDonald
from lib.scoring.labelled import LabelledText, read_labelled
from lib.tickers.evaluation import MarkedPost

_TEXTS = ("sentiment_dev.jsonl.gz", "sentiment_dev.jsonl")
_POSTS = "wsb_ticker_spans.jsonl.gz"
_LISTINGS = "us_symbols.csv.gz"
_LISTS = "lexicons/loughran_mcdonald_2018.csv.gz"

_UNREADABLE = (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error)


class Folder:
    """A folder of data. A file that is there and cannot be read raises ConfigurationError, naming the line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def texts(self) -> list[LabelledText]:
        """The labelled texts; without them nothing can be measured, so their absence is an error."""
        for name in _TEXTS:
            if (self._path / name).exists():
                return read_labelled(self._path / name)
        raise ConfigurationError(
            f"{self._path} holds no {' or '.join(_TEXTS)}.",
            hint="Name the folder of labelled texts with --data, or to make with INSITECHART_TEST_DATA; "
            "docs/accuracy.md describes the file.",
        )

    def posts(self) -> list[MarkedPost] | None:
        """The marked posts, None without their file."""
        file = self._path / _POSTS
        return list(_posts(file)) if file.exists() else None

    def listings(self) -> list[Listing] | None:
        """The listings that posts may mention, None without their file."""
        file = self._path / _LISTINGS
        return list(_listings(file)) if file.exists() else None

    def word_lists(self) -> LoughranMcDonald | None:
        """Loughran and McDonald's lists, None without their file."""
        file = self._path / _LISTS
        return LoughranMcDonald(file) if file.exists() else None

    def missing(self) -> list[str]:
        """A sentence for each thing that cannot be measured without a file that is not there."""
        needed = {"Loughran-McDonald was": (_LISTS,), "Finding stocks was": (_POSTS, _LISTINGS)}
        absent = {what: [name for name in names if not (self._path / name).exists()] for what, names in needed.items()}
        return [
            f"{what} not measured: there was no {' and no '.join(names)}." for what, names in absent.items() if names
        ]


def _posts(file: Path) -> Iterator[MarkedPost]:
    decoder = msgspec.json.Decoder(MarkedPost)
    number = 1
    try:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                if line.strip():
                    yield decoder.decode(line)
                number += 1
    except (*_UNREADABLE, msgspec.DecodeError) as error:
        raise ConfigurationError(
            f"{file}, line {number}, cannot be used: {error}.",
            hint='A line is an object such as {"text": "buy $AAPL", "spans": [{"start": 4, "end": 9, '
            '"label": "ticker", "text": "$AAPL"}]}.',
        ) from None


def _listings(file: Path) -> Iterator[Listing]:
    number = 1
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                number += 1
                yield Listing(symbol=row["yahoo_symbol"], name=row["name"])
    except (*_UNREADABLE, KeyError) as error:
        reason = f"no column {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise ConfigurationError(
            f"{file}, line {number}, cannot be used: {reason}.",
            hint="It must be a gzipped CSV with the columns yahoo_symbol and name.",
        ) from None
