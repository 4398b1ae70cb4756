"""The settings as a commented TOML file, made from their descriptions and defaults. It reads no setting."""

import json
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from pydantic.fields import FieldInfo

from lib.config_file import table_of
from lib.config_places import FILE_VARIABLE, variable
from lib.settings import Settings

_WIDTH = 100

_HEAD = f"""\
# InsiteChart's settings, each with its default and commented out: take the # away in front of what you change.
#
# This file is read as insitechart.toml in the current folder, or from where {FILE_VARIABLE} says. The environment
# comes before it: client_id in [reddit] is INSITECHART_REDDIT_CLIENT_ID there, and home is INSITECHART_HOME.
# Relative paths start from this file's folder. Once it holds a secret, let nobody else read it (chmod 600).
# `insitechart config --check` tells what is set where, and what is wrong.
"""


def config_text() -> str:
    """A file that changes nothing as it is. What belongs to a table stands below all that does not."""
    fields = Settings.model_fields
    tables = {table: [name for name in fields if table_of(name, fields) == table] for table in _tables()}
    parts = [_HEAD]
    for table, names in tables.items():
        parts += [f"[{table}]\n"] if table else []
        parts += [_entry(name, name.removeprefix(f"{table}_" if table else "")) for name in names]
    return "\n".join(parts)


def _tables() -> Iterator[str]:
    yield ""
    yield from dict.fromkeys(filter(None, (table_of(name, Settings.model_fields) for name in Settings.model_fields)))


def _entry(name: str, key: str) -> str:
    field = Settings.model_fields[name]
    words = [field.description or ""]
    if field.validation_alias:
        words.append(f"In the environment it is {variable(Settings, name)}.")
    comment = textwrap.wrap(" ".join(words), _WIDTH, initial_indent="# ", subsequent_indent="# ")
    setting = [f"#{line}" for line in f"{key} = {_value(field)}".splitlines()]
    return "\n".join([*comment, *setting, ""])


def _value(field: FieldInfo) -> str:
    match field.default:
        case None:
            return '""'
        case bool() as flag:
            return str(flag).lower()
        case int() | Decimal() as number:
            return str(number)
        case tuple() as words:
            return _list([json.dumps(word, ensure_ascii=False) for word in words])
        case str() | Path() as text:
            return json.dumps(str(text), ensure_ascii=False)
        case other:
            raise TypeError(f"no TOML for {other!r}")


def _list(words: list[str]) -> str:
    line = f"[{', '.join(words)}]"
    return line if len(line) < _WIDTH else "\n".join(["[", *(f"  {word}," for word in words), "]"])
