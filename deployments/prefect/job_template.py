"""Reads job_template.yaml: what a Job of a run looks like. It does not know the server and loads nothing of Prefect."""

from pathlib import Path
from typing import Any

import yaml

from lib.errors import ConfigurationError

FILE = Path(__file__).with_name("job_template.yaml")


def job_template(image: str, namespace: str, file: Path = FILE) -> dict[str, Any]:
    """What `file` says, with the image that runs the flows and the namespace of their Jobs filled in as defaults.

    Raises ConfigurationError saying what is wrong with it.
    """
    try:
        template: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        properties = template["variables"]["properties"]
        properties["image"]["default"] = image
        properties["namespace"]["default"] = namespace
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{file} cannot be used: {error!r}", hint="Compare it with the one of the release."
        ) from None
    return template
