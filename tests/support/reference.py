"""Listings and texts from the folder of real data, for tests that skip where it is absent. It stores none of them."""

import csv
import gzip
import json
from datetime import date
from typing import Any

from lib.domain.symbols import Listing
from tests.support.data import data_file


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of a gzipped CSV file, by column."""
    with gzip.open(data_file(name), "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_lines(name: str) -> list[dict[str, Any]]:
    """The objects of a gzipped JSON-lines file."""
    with gzip.open(data_file(name), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def us_listings() -> list[Listing]:
    """US listings as an import of `us_symbols` makes them."""
    return [Listing(symbol=row["yahoo_symbol"], name=row["name"]) for row in read_rows("us_symbols.csv.gz")]


def korean_listings() -> list[Listing]:
    """Korean listings as an import of `kr_symbols` makes them."""
    return [
        Listing(symbol=row["yahoo_symbol"], name=row["name_en"] or row["name_ko"], name_ko=row["name_ko"])
        for row in read_rows("kr_symbols.csv.gz")
        # those that Yahoo has no symbol for, an import rejects
        if row["yahoo_symbol"]
    ]


def delisted_listings() -> list[Listing]:
    """Korean listings of the past whose codes nobody has now, each on the days it was listed."""
    taken = {row["code"] for row in read_rows("kr_symbols.csv.gz")}
    return [
        Listing(
            symbol=f"{row['code']}.{'KS' if row['market'] == 'KOSPI' else 'KQ'}",
            name=row["name_ko"],
            name_ko=row["name_ko"],
            listed_on=date.fromisoformat(row["listing_date"]) if row["listing_date"] else None,
            delisted_on=date.fromisoformat(row["delisting_date"]),
        )
        for row in read_rows("kr_delisted.csv.gz")
        if row["code"] not in taken
    ]
