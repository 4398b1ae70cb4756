"""What a recorded deployment was made of, as its version. It does not know the server and does not load any flow.

A deployment holds one thing that prefect.yaml does not say, the form of its flow's parameters, and to ask the flow for
it takes seconds. So whatever that form comes from goes into the mark: the file of the flow, and those that the types of
its parameters are from. The triggers do, too, for a server that is asked for deployments does not tell them.
"""

import ast
import hashlib
import re
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import msgspec

from deployments.prefect.definitions import PROJECT, Deployment

_MARK = re.compile(r".+\+[0-9a-f]{12}")


def mark_of(deployment: Deployment, project: Path = PROJECT) -> str:
    """The release and twelve digits that change with the triggers and what the form of the parameters comes from."""
    digest = hashlib.sha256(f"{deployment.entrypoint} prefect {metadata.version('prefect')}".encode())
    digest.update(msgspec.json.encode(deployment.triggers, order="deterministic"))
    for file in _sources(project, deployment.entrypoint):
        digest.update(file.read_bytes())
    return f"{metadata.version('insitechart')}+{digest.hexdigest()[:12]}"


def is_mark(version: str | None) -> bool:
    """Whether a deployment of this version is one of ours."""
    return version is not None and _MARK.fullmatch(version) is not None


@cache
def _sources(project: Path, entrypoint: str) -> tuple[Path, ...]:
    name, _, function = entrypoint.partition(":")
    file = project / name
    module = ast.parse(file.read_bytes())
    words: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            words = {word.id for word in ast.walk(node.args) if isinstance(word, ast.Name)}
    found = [file]
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module and any(name.name in words for name in node.names):
            spec = find_spec(node.module)
            if spec is not None and spec.origin is not None and Path(spec.origin).is_relative_to(project):
                found.append(Path(spec.origin))
    return tuple(found)
