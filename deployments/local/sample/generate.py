"""Writes the sample archive: python -m deployments.local.sample.generate [FOLDER]. It does not know who loads it.

The same program gives the same bytes, always and everywhere. Times are UTC; a daily bar is named by its trading date;
USD in dollars and cents, KRW in whole won; nothing splits and nothing pays, so `adj_close` is `close`.
"""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from deployments.local.sample.clock import LANGS, occasions
from deployments.local.sample.market import Prices, Row
from deployments.local.sample.story import BY_SYMBOL, COMPANIES, REFERENCE
from deployments.local.sample.talk import Speaker

_MANIFEST = {
    "reference": f"{REFERENCE:%Y-%m-%dT%H:%M:%SZ}",
    "what": "A sample to look at: a dozen listings of New York and Seoul, two years of daily bars, some minute bars, "
    "and posts in English and Korean. Every post, author, event and price in it is invented. The names of the "
    "companies are real, so that recognising them can be tried; nothing said about them here happened.",
    "licence": "Written by the InsiteChart project, copied from nowhere. Use it for any purpose, without conditions "
    "and without warranty. Do not take it for market data.",
    "files": ["symbols.csv", "bars_1d.csv", "bars_1m.csv", "posts.jsonl"],
}

_BAR_COLUMNS = ("symbol", "{start}", "open", "high", "low", "close", "adj_close", "volume")


def _price(row: Row, units: int) -> str:
    return f"{units // 100}.{units % 100:02d}" if BY_SYMBOL[row.symbol].market == "US" else str(units)


def _bars(start: str, rows: Iterable[Row], shape: str) -> Iterable[Sequence[str]]:
    yield tuple(column.format(start=start) for column in _BAR_COLUMNS)
    for row in rows:
        prices = (_price(row, units) for units in (row.open, row.high, row.low, row.close, row.close))
        yield (row.symbol, row.start.strftime(shape), *prices, str(row.volume))


def _symbols() -> Iterable[Sequence[str]]:
    yield ("symbol", "name", "name_ko", "aliases", "exchange", "currency", "kind")
    for company in COMPANIES:
        place = ("NASDAQ", "USD") if company.market == "US" else ("KOSPI", "KRW")
        yield (company.symbol, company.name, company.name_ko, "|".join(company.aliases), *place, "equity")


def _posts(prices: Prices) -> Iterable[str]:
    speakers = {lang: Speaker(lang, prices) for lang in LANGS}
    for number, occasion in enumerate(occasions(), 1):
        person, said = speakers[occasion.lang].speak(occasion)
        post = {
            "source": "sample",
            "external_id": f"sample-{number:06d}",
            "published_at": f"{REFERENCE + timedelta(seconds=occasion.second):%Y-%m-%dT%H:%M:%SZ}",
            "lang": occasion.lang,
            "author": person.name,
            "author_since": f"{person.since:%Y-%m-%dT%H:%M:%SZ}",
            "reach": person.reach,
            "title": said.title,
            "text": said.text,
            "url": None,
        }
        yield json.dumps(post, ensure_ascii=False, separators=(",", ":"))


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def generate(folder: Path) -> None:
    """Write manifest.json, symbols.csv, bars_1d.csv, bars_1m.csv and posts.jsonl into an existing folder."""
    prices = Prices()
    _write_csv(folder / "symbols.csv", _symbols())
    _write_csv(folder / "bars_1d.csv", _bars("date", prices.daily, "%Y-%m-%d"))
    _write_csv(folder / "bars_1m.csv", _bars("start", prices.minutes, "%Y-%m-%dT%H:%M:%SZ"))
    (folder / "posts.jsonl").write_text("".join(f"{line}\n" for line in _posts(prices)), encoding="utf-8", newline="\n")
    manifest = json.dumps(_MANIFEST, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(f"{manifest}\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
