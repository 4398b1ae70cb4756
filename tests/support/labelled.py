"""A small folder of invented data as `insitechart evaluate` reads it. It does not know what is measured."""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TEXTS: tuple[dict[str, Any], ...] = (
    {"dataset": "tfns", "text": "$ZZQX great quarter, amazing", "label": "positive", "kind": "tweet"},
    {"dataset": "tfns", "text": "$ZZQX terrible losses", "label": "negative", "kind": "tweet"},
    {"dataset": "tfns", "text": "$ZZQX reports on Monday", "label": "neutral", "kind": "tweet"},
    {"dataset": "sentfin", "text": "Quill soars while Inkwell sinks", "label": "mixed",
     "entities": {"Quill": "positive", "Inkwell": "negative", "Parchment": "neutral"}},
    {"dataset": "sentfin", "text": "quill gains", "label": "positive", "entities": {"Quill": "positive"}},
    {"dataset": "phrasebank_ko", "text": "깃펜 실적 급등, 호재", "label": "positive", "lang": "ko"},
    {"dataset": "phrasebank_ko", "text": "깃펜 주가 급락, 악재", "label": "negative", "lang": "ko"},
    {"dataset": "letters", "text": "I love this stock", "label": "positive", "licence": "mine", "kind": "letter"},
)  # fmt: skip

POSTS: tuple[dict[str, Any], ...] = (
    {"text": "$ZZQX to the moon", "spans": [{"start": 0, "end": 5, "label": "ticker", "text": "$ZZQX"}]},
    {"text": "YOLO with GONEX", "spans": [{"start": 10, "end": 15, "label": "ticker", "text": "GONEX"}]},
    {"text": "nothing to see", "spans": []},
)

LISTINGS = ({"yahoo_symbol": "ZZQX", "name": "Zebra Quill Works Inc."}, {"yahoo_symbol": "YOLO", "name": "Yolo Fund"})
WORDS = (
    {"word": "GREAT", "category": "Positive"},
    {"word": "LOSSES", "category": "Negative"},
    {"word": "MAY", "category": "uncertainty"},
)


def lay_out(folder: Path) -> Path:
    """Writes every file into `folder`, which need not exist, and gives it back."""
    (folder / "lexicons").mkdir(parents=True)
    write_lines(folder / "sentiment_dev.jsonl.gz", TEXTS)
    write_lines(folder / "wsb_ticker_spans.jsonl.gz", POSTS)
    _write_rows(folder / "us_symbols.csv.gz", LISTINGS)
    _write_rows(folder / "lexicons" / "loughran_mcdonald_2018.csv.gz", WORDS)
    return folder


def write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line, gzipped."""
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_rows(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    with gzip.open(file, "wt", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, next(iter(rows)))
        writer.writeheader()
        writer.writerows(rows)
