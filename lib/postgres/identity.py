"""As whom PostgreSQL runs: it refuses root, so root needs another identity for it. It does not start the server.

Root gets a user namespace in which it is not root: nobody else comes into play and the files stay root's. Where
namespaces are refused (many containers) or do not exist, the server runs as the account `postgres`, failing that
`nobody`, and owns its files. An ordinary user needs neither.
"""

import os
import pwd
import subprocess
from pathlib import Path
from typing import NamedTuple

from lib.errors import PlatformError
from lib.processes import Account

_NAMESPACE = ("unshare", "--user", "--map-user=1", "--map-group=1")
_ACCOUNTS = ("postgres", "nobody")


class Identity(NamedTuple):
    """What to put before a command of PostgreSQL, and the account to run it as (None: our own)."""

    prefix: tuple[str, ...] = ()
    account: Account | None = None


def choose_identity(folder: Path, binaries: Path) -> Identity:
    """The identity for a server in `folder`, which exists. Raises PlatformError where root finds none."""
    if os.geteuid() != 0:
        return Identity()
    owner = _owner_of_data(folder)
    if owner is None and _namespaces_allowed():
        return Identity(prefix=_NAMESPACE)
    account = owner or _other_account()
    if account is None or not _may_use(folder, binaries, account):
        who = pwd.getpwuid(account.user).pw_name if account else " or ".join(_ACCOUNTS)
        raise PlatformError(
            f"PostgreSQL refuses to run as root, and {who}, who would run it here, may not use {folder} or {binaries}.",
            hint="Start as an ordinary user, or set INSITECHART_HOME to a folder below /var/lib, which all may enter.",
        )
    return Identity(account=account)


def hand_over(folder: Path, identity: Identity) -> None:
    """Makes the identity's account, if it has one, the owner of `folder` and of everything in it."""
    account = identity.account
    if account is None:
        return
    for place in (folder, *folder.rglob("*")):
        if place.lstat().st_uid != account.user:
            os.chown(place, account.user, account.group, follow_symlinks=False)


def _owner_of_data(folder: Path) -> Account | None:
    """The account, other than root, that an earlier start has given the data to."""
    data = folder / "data"
    found = data.stat() if data.exists() else folder.stat()
    return Account(found.st_uid, found.st_gid) if found.st_uid != 0 else None


def _namespaces_allowed() -> bool:
    try:
        return subprocess.run([*_NAMESPACE, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _other_account() -> Account | None:
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return None


def _may_use(folder: Path, binaries: Path, account: Account) -> bool:
    # asked as that account, for only the kernel knows every rule that applies on the way there
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$0" && test -x "$1"', str(folder.parent), str(binaries / "postgres")],
        user=account.user,
        group=account.group,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )
    return asked.returncode == 0
