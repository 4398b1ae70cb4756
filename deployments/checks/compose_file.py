"""`python -m deployments.checks.compose_file`: is compose.yaml what the Compose specification allows, and is all there
that it names? It does not know what a service is for.

The specification is asked by a library of its own; where Docker Compose is installed, `docker compose config` as well.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose

from deployments.checks.check import PROJECT

FOLDER = PROJECT / "deployments" / "compose"
FILE = FOLDER / "compose.yaml"

_VARIABLE = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")
# made on each machine
_YOURS = ("./secrets", "./import")
# what each is started with anyway
_SEALED = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


def wrong_with(text: str) -> list[str]:
    """What is wrong with a compose file whose variables are not set, in sentences."""
    document = yaml.safe_load(_VARIABLE.sub(r"\1", text).replace("$$", "$"))
    plain = {key: value for key, value in document.items() if not key.startswith("x-")}
    try:
        PyCompose.from_yaml(yaml.safe_dump(plain)).validate()
    except ValueError as error:
        return [str(error)]
    found = [sentence for name, service in plain["services"].items() for sentence in _service(name, service)]
    return [*found, *_references(plain)]


def _service(name: str, service: dict[str, Any]) -> Iterator[str]:
    image = service["image"]
    if ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest"):
        yield f"{name}: its image {image} is not pinned by a tag."
    for key, value in _SEALED.items():
        if service.get(key) != value:
            yield f"{name}: {key} is not {value}."
    if "limits" not in service.get("deploy", {}).get("resources", {}):
        yield f"{name}: it may take all memory and all processors."
    if "healthcheck" not in service:
        yield f"{name}: nobody would know whether it is well."
    for variable, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|TOKEN", variable) and not re.search(r"_FILE$", variable):
            yield f"{name}: {variable} is a secret that everybody sees who may look at the container: {value!r}."
    for mount in service.get("volumes", []):
        place = mount.split(":", 1)[0]
        if place.startswith(".") and not place.startswith(_YOURS) and not (FOLDER / place).exists():
            yield f"{name}: {place} is not there."


def _references(document: dict[str, Any]) -> Iterator[str]:
    declared = {kind: set(document.get(kind, {})) for kind in ("secrets", "volumes", "networks")}
    used: dict[str, set[str]] = {kind: set() for kind in declared}
    for service in document["services"].values():
        used["secrets"] |= {s if isinstance(s, str) else s["source"] for s in service.get("secrets", [])}
        used["networks"] |= set(service.get("networks", []))
        names = [mount.split(":", 1)[0] for mount in service.get("volumes", [])]
        used["volumes"] |= {name for name in names if not name.startswith((".", "/"))}
    for kind, known in declared.items():
        yield from (f"{kind}: {name} is used and not declared." for name in sorted(used[kind] - known))
        yield from (f"{kind}: {name} is declared and not used." for name in sorted(known - used[kind]))


def _docker(file: Path) -> list[str]:
    docker = shutil.which("docker")
    if docker is None:
        return []
    asked = [docker, "compose", "version"]
    if subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        return []
    profiles = [word for name in ("dashboards", "logs", "kong") for word in ("--profile", name)]
    done = subprocess.run(
        [docker, "compose", "--file", str(file), *profiles, "config", "--quiet"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [done.stderr.strip()] if done.returncode != 0 else []


def main() -> int:
    """Returns 1 where something is wrong, after saying it."""
    found = [*wrong_with(FILE.read_text(encoding="utf-8")), *_docker(FILE)]
    sys.stdout.write("".join(f"{sentence}\n" for sentence in found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
