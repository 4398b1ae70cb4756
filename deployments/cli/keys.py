"""`insitechart keys`: makes, rotates, lists and retires secret keys. It shows no secret but one it makes for you."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from deployments.cli.console import table_console
from lib.errors import ConfigurationError
from lib.keyring.files import read_or_make
from lib.keyring.keys import new_key, write_keys
from lib.keyring.ring import keys_file, load_keyring
from lib.keyring.rotating import retire_from, rotate_in, still_needed
from lib.settings import Settings, load_settings


@click.group()
def keys() -> None:
    """Secret keys: rotate them without logging anybody out."""


@keys.command()
def new() -> None:
    """Print a fresh key, for INSITECHART_SECRET_KEYS or a file of your own. Nothing is changed."""
    click.echo(write_keys([new_key(datetime.now(UTC))]), nl=False)


@keys.command("list")
def list_() -> None:
    """List the keys by id: which one signs, and which are still needed."""
    settings = load_settings()
    held = load_keyring(settings).keys
    now = datetime.now(UTC)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "made", "state"):
        table.add_column(title, overflow="fold")
    for key in held.all:
        made = f"{key.made_at:%Y-%m-%d %H:%M} UTC" if key.made_at else "unknown"
        if key is held.signing:
            state = "signs"
        else:
            state = "verifies" if still_needed(held, key.id, now) else "verifies; may be retired"
        table.add_row(key.id, made, state)
    table_console().print(table)


@keys.command()
def rotate() -> None:
    """Make a key that signs from now on. What the ones before signed goes on until it is over.

    A running API notices within a second. Nobody is logged out.
    """
    file = _file(load_settings())
    read_or_make(file)
    click.echo(f"{rotate_in(file, datetime.now(UTC)).signing.id} signs now.")
    click.echo("Retire the one before in a day: insitechart keys retire ID")


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--now", "at_once", is_flag=True, help="Even though what it signed may still be in use.")
def retire(key_id: str, at_once: bool) -> None:
    """Take a key away that has not signed for longer than anything it signed lasts."""
    file = _file(load_settings())
    left = retire_from(file, key_id, datetime.now(UTC), at_once=at_once)
    click.echo(f"{key_id} is retired; {len(left.all)} left.")


def _file(settings: Settings) -> Path:
    file = keys_file(settings)
    if file is None:
        raise ConfigurationError(
            "The secret keys stand in INSITECHART_SECRET_KEYS, which only you can change.",
            hint="Put what `insitechart keys new` prints in front of them, and start the processes anew, one by one.",
        )
    return file
