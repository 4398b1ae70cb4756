"""k8s/ as kubectl builds it: our rules see what breaks them, what is named exists, the network lets little through."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from deployments.checks.check import PROJECT
from deployments.checks.manifests import broken_rules, build, folders, rendered_job, wrong_by_schema
from tests.support.network_policies import Place, lets_through, pod

OVERLAYS = ("production", "staging")
SERVICES = ("stocks", "sentiment", "users")


@pytest.fixture(scope="module")
def overlays() -> dict[str, list[dict[str, Any]]]:
    """Every object of each overlay."""
    return {name: list(yaml.safe_load_all(build(PROJECT / "k8s/overlays" / name))) for name in OVERLAYS}


def _one(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    found = [one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind}/{name}"
    return found[0]


def test_all_that_is_applied_is_checked() -> None:
    names = {str(folder.relative_to(PROJECT / "k8s")) for folder in folders()}
    assert {"base", "overlays/production", "overlays/staging", "drill/database", "drill/faults"} <= names


def _unpinned(pod: dict[str, Any]) -> None:
    pod["containers"][0]["image"] = "insitechart:latest"


def _as_root(pod: dict[str, Any]) -> None:
    del pod["securityContext"]["runAsNonRoot"]


def _writable(pod: dict[str, Any]) -> None:
    del pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


def _privileged(pod: dict[str, Any]) -> None:
    pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True


def _with_token(pod: dict[str, Any]) -> None:
    del pod["automountServiceAccountToken"]


def _greedy(pod: dict[str, Any]) -> None:
    del pod["containers"][0]["resources"]["limits"]


def _unprobed(pod: dict[str, Any]) -> None:
    del pod["containers"][0]["livenessProbe"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_unpinned, "not pinned"),
        (_as_root, "may run as root"),
        (_writable, "can write to its own image"),
        (_privileged, "is not restricted"),
        (_with_token, "can ask the cluster"),
        (_greedy, "says not what it needs"),
        (_unprobed, "is not probed"),
    ],
)
def test_a_rule_sees_what_breaks_it(
    overlays: dict[str, list[dict[str, Any]]], spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    sound = _one(overlays["production"], "Deployment", "stocks-blue")
    assert list(broken_rules(sound)) == []
    spoiled = copy.deepcopy(sound)
    spoil(spoiled["spec"]["template"]["spec"])
    assert any(said in line for line in broken_rules(spoiled))


def test_the_schemas_see_an_unknown_field(tmp_path: Any) -> None:
    job = rendered_job()
    job["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(job), encoding="utf-8")
    assert any("readynessProbe" in line for line in wrong_by_schema(file, "1.29"))


@pytest.mark.parametrize("name", OVERLAYS)
def test_everything_that_is_named_exists(overlays: dict[str, list[dict[str, Any]]], name: str) -> None:
    """Services that the ingress leads to, deployments that are scaled, configurations and secrets that pods read."""
    objects = overlays[name]
    ingress = _one(objects, "Ingress", "insitechart")
    for path in ingress["spec"]["rules"][0]["http"]["paths"]:
        backend = path["backend"]["service"]
        ports = _one(objects, "Service", backend["name"])["spec"]["ports"]
        assert backend["port"]["name"] in [port["name"] for port in ports]
    for scaler in (one for one in objects if one["kind"] == "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert "replicas" not in _one(objects, target["kind"], target["name"])["spec"]
    example = (PROJECT / "k8s/base/secrets.example.yaml").read_text(encoding="utf-8")
    secrets = {one["metadata"]["name"]: one["stringData"].keys() for one in yaml.safe_load_all(example)}
    for one in [*objects, rendered_job()]:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            for setting in one["spec"]["template"]["spec"]["containers"][0].get("env", []):
                if named := setting.get("valueFrom", {}).get("secretKeyRef"):
                    assert named["key"] in secrets[named["name"]]


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_leads_to_its_pods_alone(overlays: dict[str, list[dict[str, Any]]], name: str, service: str) -> None:
    labels = _one(overlays[name], "Deployment", f"{service}-blue")["spec"]["template"]["metadata"]["labels"]
    selector = _one(overlays[name], "Service", service)["spec"]["selector"]
    assert selector.items() <= labels.items()
    assert selector["app.kubernetes.io/component"] == service
    assert _one(overlays[name], "Service", f"{service}-preview")["spec"]["selector"]["insitechart.io/colour"] == "green"
    assert labels["app.kubernetes.io/name"] == "insitechart"


@pytest.mark.parametrize("name", OVERLAYS)
def test_flows_run_in_the_image_of_the_worker(overlays: dict[str, list[dict[str, Any]]], name: str) -> None:
    objects = overlays[name]
    worker = _one(objects, "Deployment", "prefect-worker")["spec"]["template"]["spec"]["containers"][0]["image"]
    recording = _one(objects, "Job", "record-deployments")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "IMAGE", "value": worker} in recording["env"]
    assert worker.startswith("insitechart:")


def test_green_is_blue_under_another_name(tmp_path: Any) -> None:
    """For whoever applies an overlay after a release: no object of blue is left, and nothing else differs."""
    import os

    overlay = {
        "resources": [os.path.relpath(PROJECT / "k8s/overlays/production", tmp_path)],
        "components": [os.path.relpath(PROJECT / "k8s/colours/green", tmp_path)],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    green = build(tmp_path)
    blue = build(PROJECT / "k8s/overlays/production")
    swapped = blue.replace("blue", "BLUE").replace("green", "blue").replace("BLUE", "green")
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(swapped)}
    assert {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(green)} == by_name


RELEASE = pod("flow", **{"insitechart.io/account": "insitechart-release"})
API = pod("stocks", **{"insitechart.io/tier": "api"})
USERS = pod("users", **{"insitechart.io/tier": "api"})
POSTGRES, REDIS, FLOW, WORKER, SERVER = (
    pod(name) for name in ("postgres", "redis", "flow", "prefect-worker", "prefect-server")
)
RECORDING, MIGRATE, STRANGER = pod("record-deployments"), pod("migrate"), pod("stranger")
INGRESS, PROMETHEUS = Place(namespace="ingress-nginx"), Place(namespace="monitoring")
DNS, ELSEWHERE = Place(namespace="kube-system"), Place(namespace="elsewhere")
WORLD, PRIVATE, METADATA = Place(address="93.184.216.34"), Place(address="10.1.2.3"), Place(address="169.254.169.254")


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (INGRESS, API, 8000), (PROMETHEUS, API, 8000), (FLOW, API, 8000),
        (API, POSTGRES, 5432), (API, REDIS, 6379), (API, DNS, 53),
        (USERS, WORLD, 587), (USERS, POSTGRES, 5432),
        (MIGRATE, POSTGRES, 5432), (SERVER, POSTGRES, 5432), (FLOW, POSTGRES, 5432), (FLOW, REDIS, 6379),
        (FLOW, SERVER, 4200), (WORKER, SERVER, 4200), (RECORDING, SERVER, 4200),
        (RELEASE, PRIVATE, 6443), (RELEASE, PRIVATE, 443), (RELEASE, API, 8000), (RELEASE, SERVER, 4200),
        (WORKER, PRIVATE, 6443), (WORKER, PRIVATE, 443), (FLOW, WORLD, 443), (FLOW, DNS, 53),
    ],
)  # fmt: skip
def test_who_must_talk_can(overlays: dict[str, list[dict[str, Any]]], source: Place, target: Place, port: int) -> None:
    assert lets_through(_policies(overlays), source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (INGRESS, POSTGRES, 5432), (INGRESS, REDIS, 6379), (INGRESS, SERVER, 4200), (ELSEWHERE, API, 8000),
        (ELSEWHERE, POSTGRES, 5432), (PROMETHEUS, POSTGRES, 5432),
        (API, WORLD, 443), (API, WORLD, 587), (API, SERVER, 4200), (API, PRIVATE, 443), (API, USERS, 8000),
        (USERS, WORLD, 443), (USERS, PRIVATE, 587),
        (FLOW, PRIVATE, 443), (FLOW, METADATA, 443), (FLOW, PRIVATE, 6443), (FLOW, WORKER, 8080),
        (WORKER, POSTGRES, 5432), (WORKER, REDIS, 6379), (WORKER, API, 8000),
        (SERVER, WORLD, 443), (SERVER, REDIS, 6379), (RECORDING, POSTGRES, 5432), (MIGRATE, REDIS, 6379),
        (POSTGRES, WORLD, 443), (REDIS, POSTGRES, 5432),
        (STRANGER, POSTGRES, 5432), (STRANGER, REDIS, 6379), (STRANGER, SERVER, 4200), (STRANGER, WORLD, 443),
    ],
)  # fmt: skip
def test_who_need_not_talk_cannot(
    overlays: dict[str, list[dict[str, Any]]], source: Place, target: Place, port: int
) -> None:
    assert not lets_through(_policies(overlays), source, target, port)


def _policies(overlays: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [one for one in overlays["production"] if one["kind"] == "NetworkPolicy"]
