"""Texts to mentions, and searches: posts a second and searches a second on one core, over about 12,000 listings.

The baseline of resolution is a regex that knows cashtags alone, over the same texts; that of search compares the
query with every name. Reads real posts and listings where the folder of real data is there, and made-up ones
otherwise.
"""

import csv
import gzip
import json
import re
import time
from collections.abc import Callable, Iterable, Set
from datetime import date
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from lib.domain.symbols import Listing
from lib.search.index import SearchIndex
from lib.tickers.resolver import Resolver
from tests.support.data import data_folder
from tests.support.listings import KNOWN, made_up

_LISTINGS = 12_000
_ROUNDS = 7
_SLICE = 500
_ENDINGS = {"KOSPI": ".KS", "KOSDAQ": ".KQ"}
_CASHTAG = re.compile(r"\$[A-Za-z]{1,6}\b")
_QUERIES = (
    *(
        "삼성전자",
        "ㅅㅅㅈㅈ",
        "samsnug electronics",
        "005930",
        "삼섬전자",
        "삼전",
        "삼성저",
        "aapl",
        "apple",
        "appel",
        "$AAPL",
    ),
    *("micorsoft", "BRK.B", "berkshire hathaway", "bank of ameri", "카카오", "nvidia", "tesla motors", "kor", "hol"),
)
_SENTENCES = (
    "$AAPL and $TSLA calls are printing, sold my MSFT too https://example.com/a",
    "삼성전자가 오늘도 하락, 하닉은 상승. 손절해야 하나",
    "I went to the store and it was closed, what a day for all of us",
    "RT @someone: Apple shares rise as the quarter beats, Intel falls 3%",
)


def main() -> list[tuple[str, float, float, str]]:
    """Rows of (what, ours, baseline, unit)."""
    listings, texts = _listings(), _texts()
    started = time.perf_counter()
    resolver = Resolver(listings)
    resolver_built = time.perf_counter() - started
    started = time.perf_counter()
    index = SearchIndex(dict(enumerate(listings)))
    index_built = time.perf_counter() - started
    names = [listing.name.lower() for listing in listings]
    return [
        ("resolve posts", _rate(resolver.resolve, texts), _rate(_CASHTAG.findall, texts), "posts/s"),
        (
            "search listings",
            _rate(index.search, _QUERIES * 25),
            _rate(lambda query: process.extract(query, names, scorer=OSA.normalized_similarity, limit=20), _QUERIES),
            "searches/s",
        ),
        ("build the resolver", len(listings) / resolver_built, 0.0, "listings/s"),
        ("build the search index", len(listings) / index_built, 0.0, "listings/s"),
    ]


def _rate(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """Texts a second of processor time, each slice of them at its best of seven rounds: other programs cost time."""
    texts = list(texts)
    spent = 0.0
    for first in range(0, len(texts), _SLICE):
        rounds = []
        for _ in range(_ROUNDS):
            started = time.process_time()
            for text in texts[first : first + _SLICE]:
                work(text)
            rounds.append(time.process_time() - started)
        spent += min(rounds)
    return len(texts) / spent


def _texts() -> list[str]:
    path = data_folder() / "stocknet_posts.jsonl.gz"
    if not path.exists():
        return list(_SENTENCES) * 2_500
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines][:20_000]


def _listings() -> list[Listing]:
    us, korean, gone = (data_folder() / f"{name}.csv.gz" for name in ("us_symbols", "kr_symbols", "kr_delisted"))
    if not us.exists() or not korean.exists():
        return [*KNOWN, *made_up(_LISTINGS)]
    with gzip.open(us, "rt", encoding="utf-8") as rows:
        found = [Listing(symbol=row["yahoo_symbol"], name=row["name"]) for row in csv.DictReader(rows)]
    with gzip.open(korean, "rt", encoding="utf-8") as rows:
        found += [
            Listing(symbol=row["yahoo_symbol"], name=row["name_en"] or row["name_ko"], name_ko=row["name_ko"])
            for row in csv.DictReader(rows)
        ]
    if gone.exists():
        found += _delisted(gone, {listing.symbol for listing in found})
    return [*found[:_LISTINGS], *made_up(max(0, _LISTINGS - len(found)))]


def _delisted(file: Path, known: Set[str]) -> list[Listing]:
    """The latest of those that are gone, under symbols that nobody has now."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        latest = sorted(csv.DictReader(rows), key=lambda row: row["delisting_date"], reverse=True)
    found: dict[str, Listing] = {}
    for row in latest:
        symbol = row["code"] + _ENDINGS.get(row["market"], ".KN")
        if symbol not in known and symbol not in found:
            gone_on = date.fromisoformat(row["delisting_date"])
            found[symbol] = Listing(symbol=symbol, name=row["name_ko"], name_ko=row["name_ko"], delisted_on=gone_on)
    return list(found.values())
