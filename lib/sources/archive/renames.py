"""Reads a record as a change of symbol. It does not know which listings exist."""

from lib.domain.symbols import Rename
from lib.sources.archive.identify import row_symbol
from lib.sources.archive.records import Fields
from lib.sources.archive.rejects import Rejected
from lib.sources.archive.times import BadTime, parse_date


def read_rename(fields: Fields) -> Rename:
    """The change of symbol that the fields of one record describe. Raises Rejected with the reason."""
    old, new, on = (None if value is None else str(value).strip() for value in fields)
    if not old or not new or not on:
        raise Rejected("old, new and date are all needed")
    before, after = row_symbol(old, None, None), row_symbol(new, None, None)
    if before == after:
        raise Rejected(f"{before} became itself")
    try:
        return Rename(before, after, parse_date(on))
    except BadTime as error:
        raise Rejected(f"date: {error}") from None
