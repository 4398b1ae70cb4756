"""`make bench`: every figure beside its raw baseline, both measured in this run. It does not know what is measured.

A module of this folder has `main()`, plain or async, that returns rows of (what, ours, baseline, unit); larger is
better. Names of modules as arguments run only those: `make bench ARGS=scoring`.
"""

import asyncio
import importlib
import inspect
import pkgutil
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lib.logs import configure_logs

Row = tuple[str, float, float, str]


def run(name: str) -> list[Row]:
    """The rows of one benchmark."""
    main = importlib.import_module(f"benchmarks.{name}").main
    rows: list[Row] = asyncio.run(main()) if inspect.iscoroutinefunction(main) else main()
    return rows


def show(name: str, rows: list[Row]) -> Table:
    """The rows as a table with their ratios."""
    table = Table(title=name, title_justify="left", expand=False)
    for heading in ("what", "ours", "baseline", "unit", "ratio"):
        table.add_column(heading, justify="left" if heading in ("what", "unit") else "right")
    for what, ours, baseline, unit in rows:
        ratio = f"{ours / baseline:.2f} ×" if baseline else "–"
        table.add_row(what, f"{ours:,.0f}", f"{baseline:,.0f}" if baseline else "–", unit, ratio)
    return table


def names() -> list[str]:
    """Every benchmark of this folder."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(m.name for m in modules if not m.name.startswith("_") and m.name not in ("support", "bare_stream"))


if __name__ == "__main__":
    configure_logs("warning")
    console = Console()
    console.print(f"Python {platform.python_version()}, {platform.machine()}; baselines are measured in the same run")
    for benchmark in sys.argv[1:] or names():
        console.print(show(benchmark, run(benchmark)))
