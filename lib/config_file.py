"""Reads the one TOML file of settings: which field a key means, and what is wrong with a file. It does not know what a
field is for.
"""

import stat
import tomllib
from collections.abc import Collection, Iterator
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from lib.errors import ConfigurationError

_HINT = "`insitechart config` lists every setting."


class Entry(NamedTuple):
    """A value of the file, and its key as a person finds it there: `scorer`, or `[reddit] client_id`."""

    key: str
    value: Any


def read_config(file: Path, fields: Collection[str]) -> dict[str, Entry]:
    """The entries of `file` by field; a table's name is the first word of its fields. Empty where there is no file, and
    an empty text counts as not set.

    Numbers with a point are Decimals, as exact as they are written. Raises ConfigurationError for a file that cannot be
    read, and for a key that is no field or stands there twice: a typing error must not leave a setting at its default
    in silence.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{file} cannot be read: {reason}.", hint="`insitechart config` shows one.") from None
    found: dict[str, Entry] = {}
    unknown = []
    for field, entry in _entries(document, fields):
        if field not in fields:
            unknown.append(_with_suggestion(field, entry.key, fields))
        elif field in found:
            raise ConfigurationError(
                f"{file} sets the same twice: {found[field].key} and {entry.key}.", hint="Leave one of them out."
            )
        else:
            found[field] = entry
    if unknown:
        raise ConfigurationError(f"{file} sets what does not exist: {', '.join(unknown)}.", hint=_HINT)
    return {field: entry for field, entry in found.items() if entry.value != ""}


def table_of(field: str, fields: Collection[str]) -> str:
    """The table in which `field` is shown to people: its first word, where others share it; else none, an empty text.

    >>> table_of("reddit_url", ["reddit_url", "reddit_oauth_url", "scorer"])
    'reddit'
    """
    word, _, rest = field.partition("_")
    shared = sum(other.startswith(f"{word}_") for other in fields)
    return word if rest and shared > 1 and word not in fields else ""


def key_in_file(field: str, fields: Collection[str]) -> str:
    """How `field` is written in a file, for people: `scorer`, or `[reddit] client_id`."""
    table = table_of(field, fields)
    return f"[{table}] {field.removeprefix(f'{table}_')}" if table else field


def is_open_to_others(file: Path) -> bool:
    """True where users other than its owner may read `file`."""
    try:
        return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _entries(document: dict[str, Any], fields: Collection[str]) -> Iterator[tuple[str, Entry]]:
    for key, value in document.items():
        if isinstance(value, dict) and key not in fields:
            for name, inner in value.items():
                yield f"{key}_{name}", Entry(f"[{key}] {name}", inner)
        else:
            yield key, Entry(key, value)


def _with_suggestion(field: str, key: str, fields: Collection[str]) -> str:
    close = get_close_matches(field, fields, n=1, cutoff=0.8)
    return f"{key} (did you mean {key_in_file(close[0], fields)}?)" if close else key
