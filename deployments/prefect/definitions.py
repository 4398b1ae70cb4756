"""Reads prefect.yaml, the one list of deployments, strictly. It does not know the server and does not load any flow.

`prefect deploy` reads the same file for work pools, so the embedded platform needs no list of its own.
"""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from lib.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parents[2]


class CronSchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a deployment runs by itself: five cron fields in `timezone` (an IANA name); `slug` names the schedule."""

    slug: str
    cron: str
    timezone: str


class ConcurrencyLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many runs of a deployment may go on at once, and whether a further one waits or is cancelled."""

    limit: int
    collision_strategy: str


class Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One deployment as prefect.yaml writes it. `triggers` and `work_pool` stay as they are written."""

    name: str
    entrypoint: str
    description: str
    tags: list[str] = []
    parameters: dict[str, Any] = {}
    schedules: list[CronSchedule] = []
    triggers: list[dict[str, Any]] = []
    concurrency_limit: ConcurrencyLimit | None = None
    work_pool: dict[str, Any] = {}

    @property
    def flow_name(self) -> str:
        """The flow's name, which every flow here has from its function."""
        return self.entrypoint.partition(":")[2].replace("_", "-")

    @property
    def full_name(self) -> str:
        """What Prefect calls it: flow/deployment."""
        return f"{self.flow_name}/{self.name}"


class _File(msgspec.Struct, frozen=True):
    deployments: list[Deployment]
    pull: list[dict[str, Any]] = []


FILE = PROJECT / "prefect.yaml"


_Form = TypeVar("_Form")


def read_strictly(file: Path, form: type[_Form]) -> _Form:
    """What the YAML of `file` says, as `form`. Raises ConfigurationError saying what is wrong with it."""
    try:
        return msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), form)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(
            f"{file} cannot be used: {error}", hint="Compare it with the one of the release."
        ) from None


def read_deployments(file: Path = FILE) -> list[Deployment]:
    """Every deployment of `file`, in its order. Raises ConfigurationError saying what is wrong and where."""
    return _read(file).deployments


def read_pull(file: Path = FILE) -> list[dict[str, Any]]:
    """What a worker does before each run, as Prefect's steps; placeholders are its to fill in. Raises as above."""
    return _read(file).pull


def _read(file: Path) -> _File:
    if not file.exists():
        raise ConfigurationError(f"{file} is missing.", hint="It is part of the project: restore it.")
    return read_strictly(file, _File)
