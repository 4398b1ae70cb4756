"""The `insitechart` command: finds the module of a command, and turns our errors into a sentence and an exit code."""

import importlib
import sys

import click

from lib.config_places import open_secrets
from lib.errors import InsiteChartError
from lib.logs import configure_logs
from lib.settings import Settings, load_settings

# command → where it lives; a module is imported only when its command is called, so that `--help` answers at once
_COMMANDS = {
    "up": ("deployments.cli.up:up", "Start the whole platform on this machine."),
    "down": ("deployments.cli.up:down", "Stop the platform of this folder."),
    "status": ("deployments.cli.up:status", "Show what runs and where to find it."),
    "migrate": ("deployments.cli.migrate:migrate", "Bring the database to the schema of this version."),
    "import": ("deployments.cli.imports:import_", "Import posts, bars, symbols or changes of symbols from files."),
    "collect": ("deployments.cli.collect:collect_", "Ask the sources now for what is new."),
    "backfill": ("deployments.cli.backfill:backfill", "Fetch what is missing of the past."),
    "score": ("deployments.cli.score:score", "Score the posts that wait for it, now."),
    "train": ("deployments.cli.train:train", "Learn the weights of a scorer from labelled texts."),
    "evaluate": ("deployments.cli.evaluate:evaluate", "Measure the scorers on labelled texts."),
    "sample": ("deployments.cli.sample:sample", "Load or remove the sample archive."),
    "sources": ("deployments.cli.sources:sources", "Show every source, and what to do where one is silent."),
    "openapi": ("deployments.cli.openapi:openapi", "Write the OpenAPI document of the API."),
    "backup": ("deployments.cli.backup:backup", "Take, list, verify and remove backups; look after their keys."),
    "restore": ("deployments.cli.restore:restore", "Restore the database to a moment, from the store alone."),
    "archive": ("deployments.cli.archive:archive", "Send the database's log to the store while it is written."),
    "users": ("deployments.cli.users:users", "Make the first admin, list accounts, disable, give roles."),
    "keys": ("deployments.cli.keys:keys", "Rotate the secret keys without logging anybody out."),
    "drill": ("deployments.cli.drill:drill", "Rehearse a disaster beside what is in use, and measure the way back."),
    "release": ("deployments.cli.release:release", "Bring a version into use on Kubernetes, or go back."),
    "prefect": (
        "deployments.cli.prefect:prefect_",
        "Record on a Prefect server of your own what it is to run and watch.",
    ),
    "config": ("deployments.cli.config:config", "Print a settings file, or check the settings."),
}

# they must work where the settings do not
_WITHOUT_SETTINGS = {"config"}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="insitechart")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """What people say about a stock beside what its price does."""
    if ctx.invoked_subcommand in _WITHOUT_SETTINGS:
        return
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service=ctx.invoked_subcommand or "insitechart")
    warning = open_secrets(Settings)
    if warning is not None:
        click.echo(click.style("warning: ", fg="yellow") + warning, err=True)


def main() -> None:
    """Entry point. Exit code 1 with one sentence on stderr for any error of ours, 2 for wrong usage."""
    try:
        cli()
    except InsiteChartError as error:
        click.echo(click.style("error: ", fg="red") + str(error), err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        sys.exit(1)
