"""Reads the one TOML file of settings: which field a key means, and what is wrong with a file. It does not know what a
field is for.
"""

import tomllib
from pathlib import Path
from typing import Any

from lib.errors import ConfigurationError


def read_config(file: Path, fields: set[str]) -> dict[str, Any]:
    """The values of `file` by field; a table's name is the first word of its fields. Empty where there is no file.

    Raises ConfigurationError for a file that cannot be read, and for a key that is no field: a typing error must not
    leave a setting at its default in silence.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.", hint="`insitechart config` shows one.") from None
    found: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= {f"{key}_{name}": inner for name, inner in value.items()}
        else:
            found[key] = value
    unknown = sorted(found.keys() - fields)
    if unknown:
        raise ConfigurationError(
            f"{file} sets what does not exist: {', '.join(unknown)}.", hint="`insitechart config` lists every setting."
        )
    return found
