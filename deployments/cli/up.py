"""The commands `insitechart up`, `down` and `status`: words and exit codes around deployments/local."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import click
import msgspec

from deployments.local.board import read_status
from deployments.local.instance import Holder, hold, holder
from lib.errors import PlatformError
from lib.logs import configure_logs
from lib.platform import read_state
from lib.settings import Settings, load_settings

_PARTS = ("prefect", "flows", "api", "archive")
_DOWN_S = 90.0
_KILLED_S = 30.0

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Folder of all state (INSITECHART_HOME).")
_PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--api-port", type=_PORT, help="Port of the API; 0 takes a free one (INSITECHART_API_PORT).")
@click.option("--prefect-port", type=_PORT, help="Port of Prefect; 0 takes a free one (INSITECHART_PREFECT_PORT).")
@_HOME
@click.option("--detach", is_flag=True, help="Return once it is ready and leave it running.")
@click.option("--no-sample", is_flag=True, help="Leave an empty database empty.")
@click.option("--without", type=click.Choice(_PARTS), multiple=True, help="Leave a part out, to run it yourself.")
def up(
    api_port: int | None,
    prefect_port: int | None,
    home: Path | None,
    detach: bool,
    no_sample: bool,
    without: tuple[str, ...],
) -> None:
    """Start the whole platform on this machine: PostgreSQL, Prefect, the flows and the API. Ctrl-C stops it."""
    chosen: dict[str, object] = {
        "api_port": api_port,
        "prefect_port": prefect_port,
        "sample": False if no_sample else None,
    }
    settings = _settings(home).model_copy(update={name: value for name, value in chosen.items() if value is not None})
    if detach:
        # the supervisor and what belongs to it load only in the process that needs them
        from deployments.local.detach import start_detached

        sys.exit(start_detached(settings.home, _arguments(settings, without), click.echo))
    from deployments.local.platform import Platform
    from deployments.local.terminal import open_terminal

    with hold(settings.home) as instance, instance.log("supervisor").open("a", encoding="utf-8") as log:
        # its own log lines would tear the live display; those of the parts are in files as well
        with contextlib.redirect_stderr(log):
            configure_logs(settings.log_level, "json", service="supervisor")
        terminal = open_terminal()
        try:
            asyncio.run(Platform(settings, instance, terminal, frozenset(without)).run())
        finally:
            terminal.close()


@click.command()
@_HOME
def down(home: Path | None) -> None:
    """Stop the platform of this folder, in order, and wait until nothing of it is left."""
    folder = _settings(home).home
    running = holder(folder)
    if running is None:
        click.echo(f"No platform is running in {folder}.")
        return
    click.echo(f"Stopping the platform in {folder} …")
    _signal(running, signal.SIGTERM)
    if not _gone_within(folder, running, _DOWN_S):
        click.echo("It does not stop in order; ending it by force.")
        _signal(running, signal.SIGKILL)
        if not _gone_within(folder, running, _KILLED_S):
            raise PlatformError(
                f"The platform in {folder} (process {running.pid}) could not be stopped.",
                hint=f"Look into {folder}/logs/guard.log.",
            )
    click.echo("Stopped.")


@click.command()
@_HOME
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(home: Path | None, as_json: bool) -> None:
    """Show what runs and where to find it. Exit code 1 if nothing runs."""
    folder = _settings(home).home
    running = holder(folder)
    board = read_status(folder) if running is not None else None
    state = read_state(folder)
    if as_json:
        answer = {"running": board is not None, "home": str(folder)}
        if board is not None:
            answer |= msgspec.to_builtins(board)
        if state is not None:
            answer |= {"api_url": state.api_url, "prefect_url": state.prefect_url}
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        sys.exit(0 if board is not None else 1)
    if running is None or board is None:
        raise PlatformError(
            f"No platform is running in {folder}.", hint="Start it with `make up` or `insitechart up --detach`."
        )
    click.echo(f"{board.phase}, process {board.pid}, since {board.started_at.astimezone():%Y-%m-%d %H:%M:%S}")
    for part in board.parts:
        restarts = f"restarted {part.restarts}×" if part.restarts else ""
        click.echo("  ".join(filter(None, (f"{part.name:<9} {part.state:<14}", part.address, part.detail, restarts))))
    for note in board.notes:
        click.echo(note)
    if state is not None:
        click.echo(f"API {state.api_url}/api/v1, its docs {state.api_url}/docs, Prefect {state.prefect_url}")


def _settings(home: Path | None) -> Settings:
    settings = load_settings()
    return settings if home is None else settings.model_copy(update={"home": home.expanduser().absolute()})


def _arguments(settings: Settings, without: tuple[str, ...]) -> list[str]:
    given = ["--home", str(settings.home), "--api-port", str(settings.api_port)]
    given += ["--prefect-port", str(settings.prefect_port)]
    if not settings.sample:
        given.append("--no-sample")
    for name in without:
        given += ["--without", name]
    return given


def _signal(running: Holder, signum: signal.Signals) -> None:
    try:
        if running.is_alive():
            os.kill(running.pid, signum)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise PlatformError(
            f"The platform (process {running.pid}) belongs to another user.", hint="Stop it as that user."
        ) from error


def _gone_within(home: Path, running: Holder, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while holder(home) is not None or running.is_alive():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
