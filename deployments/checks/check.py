"""One check by a program that may have to be installed, and how it ends. It does not know what is checked."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]

# Debian's paths for daemons, which a person's PATH often lacks
_FURTHER = (str(Path(sys.executable).parent), "/usr/sbin", "/sbin", "/usr/local/sbin")


class Check(NamedTuple):
    """`command` begins with the name of a program and is run in the project's folder; it must end with 0.

    `package` is what to install where the program is missing, in words for a person.
    """

    name: str
    command: Sequence[str]
    package: str


class Outcome(NamedTuple):
    """How a check ended: `missing` says that it was not run, `output` what it said."""

    ok: bool
    missing: bool
    output: str


def run(check: Check) -> Outcome:
    """Runs `check` to its end."""
    program = which(check.command[0])
    if program is None:
        return Outcome(False, True, f"{check.command[0]} is not installed. It comes with {check.package}.")
    done = subprocess.run(
        [program, *check.command[1:]],
        cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return Outcome(done.returncode == 0, False, done.stdout)


def which(program: str) -> str | None:
    """Where `program` is: on PATH, beside this Python, or where Debian keeps daemons."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_FURTHER]))
