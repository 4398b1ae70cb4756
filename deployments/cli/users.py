"""`insitechart users`: the first admin, and what an admin would do where nobody can log in. It asks the database."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import click
from rich.table import Table

from deployments.cli.console import table_console
from lib.accounts.governing import create_account, govern
from lib.accounts.registering import email_field
from lib.accounts.service import Accounts, open_accounts
from lib.db.pool import open_pool
from lib.db.users.accounts import Account, account_of, accounts
from lib.domain.users import ROLES, Origin, Role
from lib.errors import NotThere
from lib.platform import database_url
from lib.settings import load_settings

Result = TypeVar("Result")

_TERMINAL = Origin("terminal")
_GENERATED_BYTES = 18


@click.group()
def users() -> None:
    """Accounts: make the first admin, list, disable, give roles."""


@users.command("create-admin")
@click.argument("email")
@click.option("--generate", is_flag=True, help="Make a password and show it once.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(email: str, generate: bool, password_stdin: bool) -> None:
    """Make an account with the role admin. The password is asked for, generated, or read from standard input."""
    password = _password(generate=generate, from_stdin=password_stdin)
    _run(lambda on: create_account(on, email, password, _TERMINAL, role="admin"))
    click.echo(f"{email_field(email)} is an admin.")
    if generate:
        click.echo(f"Password, shown this once: {password}")


@users.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def list_(limit: int) -> None:
    """List accounts, the newest first."""
    found = _run(lambda on: accounts(on.pool, limit=limit))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("e-mail", "role", "since", "state"):
        table.add_column(title, overflow="fold")
    for one in found:
        state = f"disabled {one.disabled_at:%Y-%m-%d}" if one.disabled_at else "in force"
        table.add_row(one.email, one.role, f"{one.created_at:%Y-%m-%d}", state)
    table_console().print(table)


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """End every login of an account, and let nobody in with it until it is enabled."""
    _run(lambda on: _govern(on, email, disabled=True))
    click.echo(f"{email_field(email)} is disabled. Tokens are refused within five seconds.")


@users.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let somebody in again."""
    _run(lambda on: _govern(on, email, disabled=False))
    click.echo(f"{email_field(email)} is enabled.")


@users.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
def set_role(email: str, role: Role) -> None:
    """Give an account a role: user, operator or admin."""
    _run(lambda on: _govern(on, email, role=role))
    click.echo(f"{email_field(email)} has the role {role}.")


async def _govern(on: Accounts, email: str, *, role: Role | None = None, disabled: bool | None = None) -> Account:
    found = await account_of(on.pool, email_field(email))
    if found is None:
        raise NotThere("No account has this address.", hint="See them: insitechart users list")
    return await govern(on, found.id, _TERMINAL, role=role, disabled=disabled)


def _password(*, generate: bool, from_stdin: bool) -> str:
    if generate and from_stdin:
        raise click.UsageError("Either --generate or --password-stdin.")
    if generate:
        return secrets.token_urlsafe(_GENERATED_BYTES)
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: use --generate or --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _run(work: Callable[[Accounts], Awaitable[Result]]) -> Result:
    async def running() -> Result:
        async with _opened() as on:
            return await work(on)

    return asyncio.run(running())


@asynccontextmanager
async def _opened() -> AsyncIterator[Accounts]:
    settings = load_settings()
    async with (
        open_pool(database_url(settings), application="insitechart-users", max_size=2) as pool,
        open_accounts(pool, settings, keeps=False) as on,
    ):
        yield on
