"""`insitechart config`: prints a settings file to fill in, and tells what is set where. It never shows a secret."""

import os
import re
import sys
from collections.abc import Callable

import click
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from deployments.cli.config_text import config_text
from deployments.cli.console import table_console
from deployments.local.stopping import MARKER
from lib.config_places import (
    FILE_VARIABLE,
    Place,
    config_file,
    file_variable,
    is_secret,
    open_secrets,
    places,
    problems,
    variable,
)
from lib.errors import InsiteChartError
from lib.production import refusals
from lib.scoring.registry import get_scorer
from lib.settings import Settings
from lib.sources.registry import declaration

_PREFIX = "INSITECHART_"

# variables of ours that are no settings
_OTHERS = {FILE_VARIABLE, MARKER, "INSITECHART_PROJECT", "INSITECHART_TEST_DATA"}

_USER_IN_ADDRESS = re.compile(r"(?<=//)[^/@\s]+(?=@)")


@click.command()
@click.option("--check", is_flag=True, help="Tell which file was read, what is set where, and what is wrong.")
def config(check: bool) -> None:
    """Print a settings file to fill in: every setting with its default, commented out.

    Save it with `insitechart config > insitechart.toml`.
    """
    if not check:
        click.echo(config_text(), nl=False)
        return
    file = config_file()
    click.echo(f"{file} is read." if file.exists() else f"There is no file {file}: only the environment is read.")
    known = places(Settings)
    settings, wrong = _settings()
    _show(known, settings)
    for line in _warnings():
        click.echo(click.style("warning: ", fg="yellow") + line)
    for line in wrong:
        click.echo(click.style("wrong: ", fg="red") + line)
    if wrong:
        sys.exit(1)
    click.echo("Nothing is wrong.")


def _settings() -> tuple[Settings | None, list[str]]:
    """The settings, if they can be used, and all that is wrong with them."""
    try:
        settings = Settings()
    except ValidationError as error:
        return None, problems(Settings, error)
    named: list[tuple[str, str, Callable[[str], object]]] = [("scorer", settings.scorer, get_scorer)]
    named += [("scorers_beside", scorer, get_scorer) for scorer in settings.scorers_beside]
    named += [("sources_off", source, declaration) for source in settings.sources_off]
    told = [
        f"{places(Settings).get(field, variable(Settings, field))}: {wrong}"
        for field, name, find in named
        if (wrong := _unknown(name, find)) is not None
    ]
    return settings, [*told, *refusals(settings)]


def _unknown(name: str, find: Callable[[str], object]) -> str | None:
    try:
        find(name)
    except InsiteChartError as error:
        return f"{error} {error.hint}".strip()
    return None


def _show(known: dict[str, Place], settings: Settings | None) -> None:
    if not known:
        click.echo("Nothing is set: every setting has its default.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("setting", "value", "set in"):
        table.add_column(title, overflow="fold")
    for field, place in sorted(known.items(), key=lambda pair: (pair[1].file is None, pair[1].name)):
        where = "the environment" if place.file is None else "the file"
        table.add_row(Text(place.name), Text(_shown(field, settings)), where)
    table_console().print(table)


def _shown(field: str, settings: Settings | None) -> str:
    if is_secret(Settings, field):
        return "set"
    if settings is None:
        return "?"
    value = getattr(settings, field)
    told = ", ".join(value) if isinstance(value, tuple) else str(value)
    return _USER_IN_ADDRESS.sub("…", told)


def _warnings() -> list[str]:
    fields = Settings.model_fields
    files = {file_variable(Settings, field) for field in fields}
    known = {variable(Settings, field) for field in fields} | files | _OTHERS
    given = sorted(name for name in os.environ if name.upper().startswith(_PREFIX))
    unknown = [f"{name} is no setting, and changes nothing." for name in given if name.upper() not in known]
    return [*unknown, *filter(None, [open_secrets(Settings)])]
