"""`python -m deployments.checks.manifests`: do the manifests of k8s/ say what Kubernetes takes, strictly enough?

Each kustomization is built by kubectl and held against the schemas of the oldest Kubernetes that we support and of the
newest that is known; unknown fields count. Then our own rules. It asks no cluster.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from deployments.checks.check import PROJECT, which
from deployments.prefect.job_template import job_template

KINDS_WITH_PODS = ("Deployment", "StatefulSet", "Job")

# the oldest that we support; `newest` is asked of the schemas themselves
OLDEST = "1.29"

# they are nothing by themselves: a template, what an overlay adds, and what turns blue to green
_PARTS = ("k8s/api", "k8s/archive", "k8s/colours/green", "k8s/base/stocks", "k8s/base/sentiment", "k8s/base/users")

_RUN = "of-a-run"

Manifest = Mapping[str, Any]


def folders() -> list[Path]:
    """Every kustomization that is applied as it stands."""
    found = sorted(file.parent for file in (PROJECT / "k8s").rglob("kustomization.yaml"))
    return [folder for folder in found if str(folder.relative_to(PROJECT)) not in _PARTS]


def build(folder: Path) -> str:
    """What kubectl makes of `folder`. Raises CalledProcessError with its words."""
    # the one that came with this Python: the system's may be too old for what kustomizations say
    beside = Path(sys.executable).with_name("kubectl")
    kubectl = str(beside) if beside.exists() else (which("kubectl") or "kubectl")
    return subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout


def rendered_job() -> dict[str, Any]:
    """A Job as the Kubernetes worker would make it of job_template.yaml."""
    template = job_template("insitechart:1", "insitechart")
    values = {name: one["default"] for name, one in template["variables"]["properties"].items() if "default" in one}
    values |= {
        "name": "a-run",
        "command": ["prefect", "flow-run", "execute"],
        "labels": {},
        "annotations": {},
        "env": {},
    }
    manifest: dict[str, Any] = _fill(template["job_configuration"]["job_manifest"], values)
    # a name is given to it by the API server; the other two are demanded by the worker where Kubernetes has none
    manifest["metadata"]["name"] = _RUN
    pod = manifest["spec"]["template"]["spec"]
    del pod["parallelism"], pod["completions"]
    return manifest


def _fill(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, values) for one in value]
    if isinstance(value, str) and (whole := re.fullmatch(r"\{\{ (\w+) \}\}", value)):
        return values[whole[1]]
    if isinstance(value, str):
        return re.sub(r"\{\{ (\w+) \}\}", lambda found: str(values[found[1]]), value)
    return value


def pod_of(manifest: Manifest) -> Manifest | None:
    """The specification of the pods that `manifest` makes; None where it makes none."""
    if manifest["kind"] not in KINDS_WITH_PODS:
        return None
    found: Manifest = manifest["spec"]["template"]["spec"]
    return found


def broken_rules(manifest: Manifest) -> Iterator[str]:
    """What is wrong with `manifest` by our own rules, in words."""
    name = f"{manifest['kind']}/{manifest['metadata']['name']}"
    pod = pod_of(manifest)
    if pod is None:
        return
    context = pod.get("securityContext", {})
    if not context.get("runAsNonRoot") or not context.get("runAsUser"):
        yield f"{name}: its pods may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield f"{name}: its pods have no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False and not _may_have_token(name, pod):
        yield f"{name}: its pods can ask the cluster"
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        inside = container.get("securityContext", {})
        if inside.get("allowPrivilegeEscalation") is not False or inside.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{name}: {container['name']} is not restricted"
        if not inside.get("readOnlyRootFilesystem"):
            yield f"{name}: {container['name']} can write to its own image"
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
            yield f"{name}: {container['name']} says not what it needs"
        tag = container["image"].rpartition(":")[2]
        if ":" not in container["image"] or tag == "latest":
            yield f"{name}: the image {container['image']} is not pinned"
        if manifest["kind"] != "Job" and not {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys():
            yield f"{name}: {container['name']} is not probed"


def _may_have_token(name: str, pod: Manifest) -> bool:
    # the default account gives none, and a run gets another one only where its deployment asks for it
    return name == "Deployment/prefect-worker" or (name == f"Job/{_RUN}" and pod["serviceAccountName"] == "default")


def newest() -> str:
    """The newest Kubernetes whose schemas are installed, as 1.37."""
    return ".".join(kubernetes_validate.latest_version().split(".")[:2])


def wrong_by_schema(file: Path, version: str) -> list[str]:
    """What kubernetes-validate says against `file` under `version`, line by line; none where all is well."""
    program = which("kubernetes-validate") or "kubernetes-validate"
    done = subprocess.run(
        [program, "--strict", "-k", version, str(file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if not line.startswith("INFO")] if done.returncode else []


def main() -> int:
    """Returns 1 where anything is wrong, and prints all of it."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        everything = Path(scratch) / "everything.yaml"
        documents = [yaml.safe_dump(rendered_job()), (PROJECT / "k8s/base/secrets.example.yaml").read_text("utf-8")]
        for folder in folders():
            try:
                text = build(folder)
            except subprocess.CalledProcessError as error:
                wrong.append(f"{folder.relative_to(PROJECT)}: {error.stderr.strip()}")
                continue
            documents.append(text)
        everything.write_text("\n---\n".join(documents), encoding="utf-8")
        for version in (OLDEST, newest()):
            wrong += [f"Kubernetes {version}: {line}" for line in wrong_by_schema(everything, version)]
        for manifest in yaml.safe_load_all("\n---\n".join(documents)):
            wrong += broken_rules(manifest)
    sys.stdout.write("".join(f"{line}\n" for line in dict.fromkeys(wrong)))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
