"""Makes the manifests of one trial: an overlay upon the one for staging, in words that this cluster's API serves.

It does not apply them.
"""

import os
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from deployments.checks.check import PROJECT
from deployments.checks.manifests import KINDS_WITH_PODS, build
from lib.backup.keys import new_identity
from lib.keyring.keys import new_key
from tests.cluster.images import Images

# the same fields under an older name
_OLDER = {"autoscaling/v2": "autoscaling/v2beta2", "policy/v1": "policy/v1beta1"}

_PATCHES = """
  - target: {kind: Deployment|StatefulSet|Job}
    patch: |-
      - {op: replace, path: /spec/template/spec/containers/0/resources/requests, value: {cpu: 10m, memory: 64Mi}}
  # what is planned for each minute would take a small machine away from what is tried
  - target: {kind: Deployment, name: prefect-worker}
    patch: |-
      - {op: replace, path: /spec/replicas, value: 0}
  - target: {kind: StatefulSet, name: postgres}
    patch: |-
      - {op: replace, path: /spec/volumeClaimTemplates/0/spec/resources/requests/storage, value: 1Gi}
"""

_POSTGRES_USER = """
      - {{op: replace, path: /spec/template/spec/securityContext/runAsUser, value: {uid}}}
      - {{op: replace, path: /spec/template/spec/securityContext/runAsGroup, value: {uid}}}
      - {{op: replace, path: /spec/template/spec/securityContext/fsGroup, value: {uid}}}
"""

_IMAGE_OF_FLOWS = {
    "source": {"kind": "Deployment", "name": "prefect-worker", "fieldPath": "spec.template.spec.containers.0.image"},
    "targets": [
        {
            "select": {"kind": "Job", "name": "record-deployments"},
            "fieldPaths": ["spec.template.spec.containers.0.env.0.value"],
        }
    ],
}


def manifests(folder: Path, namespace: str, images: Images) -> list[dict[str, Any]]:
    """Everything of the overlay for staging, in `namespace` and with `images`; `folder` takes the overlay."""
    patches = yaml.safe_load(_PATCHES + (_POSTGRES_USER.format(uid=images.postgres_uid) if images.postgres_uid else ""))
    overlay = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": namespace,
        "resources": [os.path.relpath(PROJECT / "k8s/overlays/staging", folder.resolve())],
        "components": [os.path.relpath(PROJECT / "k8s/archive", folder.resolve())],
        "patches": patches,
        "images": [_renamed("insitechart", images.insitechart)],
        "replacements": [_IMAGE_OF_FLOWS],
    }
    if images.postgres:
        overlay["images"].append(_renamed("timescale/timescaledb", images.postgres))
    if images.redis:
        overlay["images"].append(_renamed("redis", images.redis))
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    return [one for one in yaml.safe_load_all(build(folder)) if one]


def _renamed(name: str, image: str) -> dict[str, str]:
    new, _, tag = image.rpartition(":")
    return {"name": name, "newName": new, "newTag": tag}


def fitted(wanted: list[dict[str, Any]], served: Collection[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Those of `wanted` that a cluster with `served` takes, and in words what became of the others."""
    taken, said = [], []
    for one in wanted:
        version, name = one["apiVersion"], f"{one['kind']}/{one['metadata']['name']}"
        if version in served:
            taken.append(one)
        elif (older := _OLDER.get(version)) in served:
            taken.append({**one, "apiVersion": older})
            said.append(f"{name}: applied as {older}, since the cluster has no {version}")
        else:
            said.append(f"{name}: LEFT OUT, since the cluster has no {version}")
    return taken, said


def secret_manifests() -> list[dict[str, Any]]:
    """The secrets of secrets.example.yaml, with values of this trial's own."""
    superuser, password, prefect, redis = (secrets.token_hex(16) for _ in range(4))
    key = new_key(datetime.now(UTC))
    values: dict[str, dict[str, str]] = {
        "insitechart-database": {
            "superuser-password": superuser,
            "password": password,
            "prefect-password": prefect,
            "url": f"postgresql://insitechart:{password}@postgres:5432/insitechart",
            "prefect-url": f"postgresql+asyncpg://prefect:{prefect}@postgres:5432/prefect",
            "prefect-backup-url": f"postgresql://prefect:{prefect}@postgres:5432/prefect",
        },
        "insitechart-redis": {"password": redis, "url": f"redis://:{redis}@redis:6379/0"},
        "insitechart-keys": {"keys": f"{key.id}:{key.secret.decode()}"},
        # no bucket is at hand: a folder of the pod's shows that the log comes
        "insitechart-sources": {
            "INSITECHART_BACKUP_STORE": "/tmp/insitechart/backups",
            "INSITECHART_BACKUP_KEYS": new_identity(),
        },
    }
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
        for name, data in values.items()
    ]


def with_pods(taken: list[dict[str, Any]]) -> list[str]:
    """Whatever has pods that stay, as kind/name."""
    return [f"{one['kind'].lower()}/{one['metadata']['name']}" for one in taken if one["kind"] in KINDS_WITH_PODS[:2]]
