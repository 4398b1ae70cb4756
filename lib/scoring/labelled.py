"""Texts whose mood people judged, read from a file. It does not know what they are used for.

One JSON object a line, plain or gzipped: `dataset`, `text` and `label`, and if known `entities` (name as it stands in
the text → label), `lang`, `kind` and `licence`. Other fields are passed over.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from lib.domain.sentiment import Label
from lib.errors import ConfigurationError

_HINT = (
    'A line is an object such as {"dataset": "mine", "text": "Apple soars", "label": "positive"}; label is positive, '
    "neutral, negative, or mixed where the entities differ. docs/accuracy.md describes every field."
)


class LabelledText(msgspec.Struct, frozen=True, kw_only=True):
    """A text of one set. `mixed` says that its entities are judged differently, and none of it holds for the whole."""

    dataset: str
    text: str
    label: Label | Literal["mixed"]
    entities: dict[str, Label] | None = None
    lang: str = "en"
    kind: str | None = None
    licence: str | None = None


def read_labelled(file: Path) -> list[LabelledText]:
    """The texts of a `.jsonl` or `.jsonl.gz` file, in its order. Raises ConfigurationError naming the file, the line
    and what is wrong with it.
    """
    decoder = msgspec.json.Decoder(LabelledText)
    texts = []
    for number, line in _lines(file):
        try:
            texts.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{file}, line {number}, cannot be used: {error}.", hint=_HINT) from None
    if not texts:
        raise ConfigurationError(f"{file} holds no labelled text.", hint=_HINT)
    return texts


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number from 1."""
    number = 0
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        where = f" after line {number}" if number else ""
        raise ConfigurationError(
            f"{file} cannot be read{where}: {error}.", hint="Check that it exists and is whole."
        ) from None
