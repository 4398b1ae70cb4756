"""Which column of a file is which field of ours. It does not read values.

Names are compared in lower case with words joined by `_`: `Adj Close`, `adjClose` and `adj_close` are one.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from lib.errors import ArchiveError, ConfigurationError

Kind = Literal["posts", "bars", "symbols", "renames"]
KINDS: tuple[Kind, ...] = ("posts", "bars", "symbols", "renames")

# field of ours → the names under which files carry it, the surest first
FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "posts": {
        "source": ("source", "platform"),
        "external_id": ("external_id", "id_str", "id", "post_id", "tweet_id", "message_id", "guid"),
        "published_at": (
            "published_at", "created_at", "created_utc", "published", "created", "datetime", "timestamp", "date",
            "time", "published_at_local",
        ),
        "text": ("text", "full_text", "body", "selftext", "content", "message", "tweet"),
        "title": ("title", "headline"),
        "author": ("author", "username", "user_name", "screen_name", "author_name", "user"),
        "author_since": ("author_since", "author_created_at"),
        "edited_at": ("edited_at", "edited"),
        "lang": ("lang", "language"),
        "url": ("url", "link", "permalink"),
        "reach": ("reach", "author_followers", "followers", "followers_count"),
    },
    "bars": {
        "symbol": ("yahoo_symbol", "symbol", "ticker"),
        "code": ("code", "isu_srt_cd"),
        "market": ("market", "exchange"),
        "interval": ("interval", "timeframe"),
        "start": ("start", "datetime", "date", "timestamp", "time", "trade_date", "trading_date", "file_date"),
        "open": ("open", "open_price"),
        "high": ("high", "high_price"),
        "low": ("low", "low_price"),
        "close": ("close", "close_price"),
        "adj_close": ("adj_close", "adjusted_close", "adjclose", "close_adjusted"),
        "volume": ("volume", "vol"),
    },
    "symbols": {
        "symbol": ("yahoo_symbol", "symbol", "ticker"),
        "code": ("code", "isu_srt_cd"),
        "name": ("name", "name_en", "company", "company_name", "security", "long_name", "short_name"),
        "name_ko": ("name_ko", "name_kr", "korean_name"),
        "aliases": ("aliases", "alias"),
        "exchange": ("exchange", "market"),
        "currency": ("currency",),
        "kind": ("kind", "quote_type"),
        "listed_on": ("listed_on", "listing_date", "ipo_date"),
        "delisted_on": ("delisted_on", "delisting_date"),
    },
    "renames": {
        "old": ("old", "old_symbol", "old_ticker", "from"),
        "new": ("new", "new_symbol", "new_ticker", "to"),
        "date": ("date", "renamed_on", "effective_date", "change_date"),
    },
}  # fmt: skip

# one of each group has to be there
REQUIRED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "posts": (("external_id",), ("published_at",), ("text", "title")),
    "bars": (("symbol", "code"), ("start",), ("close",)),
    "symbols": (("symbol", "code"),),
    "renames": (("old",), ("new",), ("date",)),
}

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[^0-9a-z]+")


def normal_name(name: str) -> str:
    """A column's name as it is compared.

    >>> normal_name(" Adj Close"), normal_name("authorFollowers")
    ('adj_close', 'author_followers')
    """
    return _NO_WORD.sub("_", _CAMEL.sub("_", name.strip()).lower()).strip("_")


def check_mapping(kind: Kind, mapping: Mapping[str, str]) -> None:
    """Raises ConfigurationError where `mapping` (theirs → ours) names a field that `kind` does not have."""
    for theirs, ours in mapping.items():
        if ours not in FIELDS[kind]:
            raise ConfigurationError(
                f"--map {theirs}={ours}: {kind} have no field {ours!r}.",
                hint=f"Fields of {kind}: {', '.join(FIELDS[kind])}.",
            )


def assign_columns(kind: Kind, names: Sequence[str], mapping: Mapping[str, str]) -> tuple[int | None, ...]:
    """For each field of `kind`, in the order of FIELDS, the position of its column among `names`, or None.

    A mapped column serves the field it is mapped to and no other.
    """
    wanted = {normal_name(theirs): ours for theirs, ours in mapping.items()}
    normal = [normal_name(name) for name in names]
    mapped = {wanted[name]: position for position, name in enumerate(normal) if name in wanted}
    free = {name: position for position, name in reversed(list(enumerate(normal))) if name not in wanted}
    return tuple(
        mapped.get(field, next((free[name] for name in known if name in free), None))
        for field, known in FIELDS[kind].items()
    )


def check_header(kind: Kind, names: Sequence[str], mapping: Mapping[str, str], file: str) -> None:
    """Raises ArchiveError where a header lacks a field that each row needs, or a column that `mapping` names."""
    normal = {normal_name(name) for name in names}
    for theirs in mapping:
        if normal_name(theirs) not in normal:
            raise ArchiveError(f"{file} has no column {theirs!r}.", hint=f"Its columns: {', '.join(names)}.")
    found = dict(zip(FIELDS[kind], assign_columns(kind, names, mapping), strict=True))
    for group in REQUIRED[kind]:
        if all(found[field] is None for field in group):
            raise ArchiveError(
                f"{file} has no column for {' or '.join(group)}; its columns are {', '.join(names)[:300]}.",
                hint=f"Say which one it is: --map THEIRS={group[0]}.",
            )
