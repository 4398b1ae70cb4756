"""A drill as k8s/drill/ makes it: in a namespace of its own, from a store it can only read, with the copy of a key."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.checks.check import PROJECT
from deployments.checks.manifests import build
from lib.backup.keys import new_identity
from lib.db.pool import open_pool
from tests.cluster.conftest import KEEP, NAMESPACE
from tests.cluster.images import Images
from tests.cluster.kube import Kube, explained
from tests.support.backups import furnish

pytestmark = pytest.mark.further

# a real store is a bucket; here the few objects of a small one are mounted, which nobody can write to either
_STORE = """
- op: add
  path: /spec/template/spec/volumes/-
  value: {name: store, configMap: {name: store, items: []}}
- op: add
  path: /spec/template/spec/containers/0/volumeMounts/-
  value: {name: store, mountPath: /store, readOnly: true}
"""


@pytest.fixture
async def stocked(database_url: str, tmp_path: Path) -> Path:
    """A home whose store holds one good backup; `keys` is the copy of its key."""
    async with open_pool(database_url, application="insitechart-test", max_size=2) as pool:
        await furnish(pool)
    keys = tmp_path / "keys"
    environment = {
        **os.environ,
        "INSITECHART_HOME": str(tmp_path / "home"),
        "INSITECHART_DATABASE_URL": database_url,
        "INSITECHART_BACKUP_STORE": str(tmp_path / "store"),
        "INSITECHART_BACKUP_KEYS_FILE": str(keys),
        "PREFECT_HOME": str(tmp_path / "prefect"),
    }
    keys.write_text(new_identity(), encoding="utf-8")
    keys.chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "backup", "take"],
        env=environment, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path


@pytest.fixture
def place() -> Iterator[Kube]:
    """The namespace of the drill, gone afterwards."""
    kube = Kube(f"{NAMESPACE}-drill")
    yield kube
    if not KEEP:
        kube.run("delete", "namespace", kube.namespace, "--ignore-not-found", seconds=180)


def _objects(home: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    files = sorted(file for file in (home / "store").rglob("*") if file.is_file() and ".making" not in file.parts)
    data = {f"object-{n}": base64.b64encode(file.read_bytes()).decode() for n, file in enumerate(files)}
    items = [
        {"key": f"object-{n}", "path": file.relative_to(home / "store").as_posix()} for n, file in enumerate(files)
    ]
    return data, items


def _manifests(folder: Path, namespace: str, images: Images, items: list[dict[str, str]]) -> list[dict[str, Any]]:
    store = yaml.safe_load(_STORE)
    store[0]["value"]["configMap"]["items"] = items
    name, _, tag = images.insitechart.rpartition(":")
    overlay = {
        "namespace": namespace,
        "resources": [os.path.relpath(PROJECT / "k8s/drill/database", folder)],
        "patches": [{"target": {"kind": "Job"}, "patch": yaml.safe_dump(store)}],
        "images": [{"name": "insitechart", "newName": name, "newTag": tag}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    return list(yaml.safe_load_all(build(folder)))


def test_the_drill_of_the_database_passes(stocked: Path, place: Kube, images: Images) -> None:
    data, items = _objects(stocked)
    manifests = _manifests(stocked, place.namespace, images, items)
    secrets = {
        "insitechart-drill": {"INSITECHART_BACKUP_STORE": "/store"},
        "insitechart-drill-key": {"keys": (stocked / "keys").read_text(encoding="utf-8")},
    }
    given = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}
        for name, values in secrets.items()
    ]
    store = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "store"}, "binaryData": data}
    place.apply(yaml.safe_dump_all([one for one in manifests if one["kind"] == "Namespace"]))
    place.apply(yaml.safe_dump_all([*given, store]))
    with explained(place):
        place.apply(yaml.safe_dump_all(manifests))
        place.until("job/drill-database", "condition=complete", 420)
    told = place.run("logs", "job/drill-database")
    # each of its two disasters, from the copy that the store had
    assert told.count(", passed") == 2, told
    assert "FAILED" not in told
