"""Where tables are printed: a terminal is as wide as it is, a pipe or a file as wide as a line needs."""

import os
import sys

from rich.console import Console

_WIDE = 200


def table_console() -> Console:
    """stdout. COLUMNS says otherwise, as everywhere."""
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if is_told else _WIDE)
