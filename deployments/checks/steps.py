"""`python -m deployments.checks.steps`: whether every target of make that a workflow calls exists, and every action is
asked for by a version. It does not run anything.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from deployments.checks.check import PROJECT

_CALLED = re.compile(r"(?:^|[;&|]\s*|\n\s*)make\s+([\w./-]+)")
_TARGET = re.compile(r"^([\w./-]+)\s*:(?!=)", re.MULTILINE)
_VERSIONED = re.compile(r"[\w.-]+/[\w./-]+@(?:v\d[\w.]*|[0-9a-f]{40})")


def faults(workflows: Path, makefile: Path) -> Iterator[str]:
    """A sentence for each step that cannot work."""
    targets = set(_TARGET.findall(makefile.read_text("utf-8")))
    for file in sorted(workflows.glob("*.yml")):
        for step in _steps(yaml.safe_load(file.read_text("utf-8"))):
            for target in _CALLED.findall(str(step.get("run", ""))):
                if target not in targets:
                    yield f"{file.name}: make {target} is called, but the Makefile has no such target"
            uses = str(step.get("uses", ""))
            if uses and not uses.startswith("./") and _VERSIONED.fullmatch(uses) is None:
                yield f"{file.name}: {uses} is asked for without a version"


def _steps(workflow: dict[str, dict[str, dict[str, list[dict[str, object]]]]]) -> Iterator[dict[str, object]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


if __name__ == "__main__":
    found = list(faults(PROJECT / ".github" / "workflows", PROJECT / "Makefile"))
    sys.exit("\n".join(found) or None)
