"""Every source there is: one line each. It does not know what a source does.

docs/adding-a-source.md shows how to add one.
"""

import importlib
from functools import cache

from lib.errors import ConfigurationError
from lib.sources.declared import Declaration

# name → the module whose DECLARATION says the rest
_SOURCES: dict[str, str] = {
    "yahoo": "lib.sources.yahoo",
    "reddit": "lib.sources.reddit",
    "x": "lib.sources.x",
    "bluesky": "lib.sources.bluesky",
    "feeds": "lib.sources.feeds",
}


@cache
def declaration(name: str) -> Declaration:
    """The declaration of the source `name`. Raises ConfigurationError naming those that exist."""
    try:
        module = _SOURCES[name]
    except KeyError:
        raise ConfigurationError(
            f"There is no source {name[:60]!r}.", hint=f"Those that exist: {', '.join(_SOURCES)}."
        ) from None
    found: Declaration = importlib.import_module(module).DECLARATION
    return found


def declarations() -> list[Declaration]:
    """Every source, in the order in which people are told of them."""
    return [declaration(name) for name in _SOURCES]
