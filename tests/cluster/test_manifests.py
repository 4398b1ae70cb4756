"""The manifests on a real cluster: all is accepted, comes up, answers, and may do no more than it needs."""

from typing import Any

import pytest
import yaml

from tests.cluster.kube import KubectlError, eventually
from tests.cluster.platform import Platform

SERVICES = ("stocks", "sentiment", "users")
HEALTH = "/health/ready"


def test_every_object_is_there(platform: Platform) -> None:
    """What the cluster has no version for is listed at the end of the run, and nothing else is missing."""
    kinds = {one["kind"] for one in platform.wanted} - {one["kind"] for one in platform.taken}
    assert kinds <= {"HorizontalPodAutoscaler", "PodDisruptionBudget"}
    for one in platform.taken:
        if one["kind"] != "Job":
            found = platform.kube.get(f"{one['kind']}.{_group(one['apiVersion'])}", one["metadata"]["name"])
            assert found["metadata"]["labels"]["app.kubernetes.io/name"] == "insitechart"


def _group(version: str) -> str:
    group, _, number = version.rpartition("/")
    return f"{number}.{group}" if group else f"{number}."


def test_applying_again_changes_nothing(platform: Platform) -> None:
    """kubectl may say "configured" of what an older API server writes otherwise: what counts is what is there."""
    lasting = [one for one in platform.taken if one["kind"] != "Job"]
    before = [_meaning(platform, one) for one in lasting]
    platform.kube.apply(yaml.safe_dump_all(lasting))
    assert [_meaning(platform, one) for one in lasting] == before


def _meaning(platform: Platform, one: dict[str, Any]) -> dict[str, Any]:
    found = platform.kube.get(f"{one['kind']}.{_group(one['apiVersion'])}", one["metadata"]["name"])
    return {name: value for name, value in found.items() if name not in {"metadata", "status"}}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_serves_its_own_alone(platform: Platform, service: str) -> None:
    ready = platform.ask(f"http://{service}{HEALTH}")
    assert ready.status == 200
    assert ready.json()["status"] == "ok", ready.body
    expected = ["users", "operations"] if service == "users" else [service]
    assert ready.json()["services"] == expected
    other = "sentiment" if service == "stocks" else "stocks"
    assert platform.ask(f"http://{service}/api/v1/{other}/AAPL").status == 404


def test_stocks_answer_from_the_database(platform: Platform) -> None:
    answer = platform.ask("http://stocks/api/v1/stocks?q=samsung")
    assert answer.status == 200
    assert set(answer.json()) >= {"items", "next"}


def test_names_that_nobody_was_told_are_not_answered(platform: Platform) -> None:
    answer = platform.ask(f"http://stocks.{platform.kube.namespace}.svc.cluster.local/api/v1/stocks?q=samsung")
    assert answer.status in {400, 403, 421}


@pytest.mark.parametrize("service", SERVICES)
def test_the_other_colour_has_no_pods_yet(platform: Platform, service: str) -> None:
    assert platform.kube.get("endpoints", f"{service}-preview").get("subsets") is None
    assert platform.kube.get("service", service)["spec"]["selector"]["insitechart.io/colour"] == "blue"


@pytest.mark.parametrize("target", ["deployment/stocks-blue", "deployment/prefect-server", "deployment/prefect-worker"])
def test_pods_can_change_nothing(platform: Platform, target: str) -> None:
    if target == "deployment/prefect-worker":
        platform.kube.run("scale", target, "--replicas=1")
        platform.kube.rolled_out(target)
    assert platform.kube.execute(target, "id", "-u").strip() == "10001"
    with pytest.raises(KubectlError, match="Read-only file system"):
        platform.kube.execute(target, "touch", "/app/changed")
    capabilities = platform.kube.execute(target, "grep", "CapEff", "/proc/1/status")
    assert capabilities.split()[1].strip("0") == ""
    if target == "deployment/prefect-worker":
        platform.kube.run("scale", target, "--replicas=0")


@pytest.mark.parametrize("target", ["deployment/stocks-blue", "deployment/redis", "pod/postgres-0"])
def test_pods_have_no_token(platform: Platform, target: str) -> None:
    with pytest.raises(KubectlError, match="No such file"):
        platform.kube.execute(target, "ls", "/run/secrets/kubernetes.io", "/var/run/secrets/kubernetes.io")


_VERBS = ("create", "get", "list", "watch", "delete", "patch", "update")
_OTHERS = (
    "pods/exec",
    "secrets",
    "configmaps",
    "serviceaccounts",
    "roles.rbac.authorization.k8s.io",
    "statefulsets.apps",
)

_RIGHTS: dict[str, dict[str, set[str]]] = {
    "prefect-worker": {
        "jobs.batch": {"create", "get", "list", "watch", "delete"},
        "pods": {"get", "list", "watch"},
        "pods/log": {"get"},
    },
    "insitechart-release": {
        "deployments.apps": {"get", "list", "create", "delete"},
        "horizontalpodautoscalers.autoscaling": {"get", "create", "delete"},
        "pods": {"get", "list"},
        "jobs.batch": {"get", "create", "delete"},
        "leases.coordination.k8s.io": {"get", "create", "update"},
    },
    "default": {},
}


@pytest.mark.parametrize("account", sorted(_RIGHTS))
def test_an_account_may_do_what_it_does_and_no_more(platform: Platform, account: str) -> None:
    resources = sorted({*_OTHERS, *(name for rights in _RIGHTS.values() for name in rights)})
    asked = [(resource, verb) for resource in resources for verb in _VERBS]
    allowed = _allowed(platform, account, asked)
    expected = {(resource, verb) for resource, verbs in _RIGHTS[account].items() for verb in verbs}
    assert {one for one, answer in zip(asked, allowed, strict=True) if answer} == expected


def _allowed(platform: Platform, account: str, asked: list[tuple[str, str]]) -> list[bool]:
    space = platform.kube.namespace
    reviews = []
    for resource, verb in asked:
        name, _, part = resource.partition("/")
        plural, _, group = name.partition(".")
        attributes = {"namespace": space, "verb": verb, "resource": plural, "group": group, "subresource": part}
        spec = {
            "user": f"system:serviceaccount:{space}:{account}",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{space}", "system:authenticated"],
            "resourceAttributes": attributes,
        }
        reviews.append({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
    answered = platform.kube.run(
        "create",
        "--validate=false",
        "-f",
        "-",
        "-o",
        'jsonpath={.status.allowed}{"\\n"}',
        stdin=yaml.safe_dump_all(reviews),
    )
    return [line == "true" for line in answered.split()]


def test_tables_are_not_the_superusers(platform: Platform) -> None:
    owners = platform.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == "insitechart"
    assert platform.sql("SELECT rolsuper, rolreplication FROM pg_roles WHERE rolname = 'insitechart'") == "f|t"
    assert platform.sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'prefect'") == "f"


def test_nobody_gets_in_without_a_password(platform: Platform) -> None:
    with pytest.raises(KubectlError, match="password"):
        platform.kube.execute(
            "pod/postgres-0",
            "psql",
            "-X",
            "-w",
            "-h",
            "postgres",
            "-U",
            "insitechart",
            "-d",
            "insitechart",
            "-c",
            "SELECT 1",
        )
    assert "NOAUTH" in platform.kube.execute("deployment/redis", "redis-cli", "ping")


def test_autoscalers_hold_at_least_two(platform: Platform) -> None:
    """Without anybody who measures, too; where the cluster knows none, there is one pod of each."""
    scaled = any(one["kind"] == "HorizontalPodAutoscaler" for one in platform.taken)
    for service in SERVICES:
        eventually(
            lambda service=service: (  # type: ignore[misc]
                platform.kube.get("deployment", f"{service}-blue")["status"].get("readyReplicas", 0)
                >= (2 if scaled else 1)
            ),
            platform.kube,
            180,
        )


def test_data_outlives_its_server(platform: Platform) -> None:
    """PostgreSQL is killed: the API says so, and comes back with the same rows when it does."""
    platform.sql("CREATE TABLE outlives (word text); INSERT INTO outlives VALUES ('still here')")
    before = platform.kube.get("pod", "postgres-0")["metadata"]["uid"]
    platform.kube.run("delete", "pod", "postgres-0", "--grace-period=0", "--force")
    eventually(lambda: _uid(platform) not in {None, before}, platform.kube)
    platform.kube.rolled_out("statefulset/postgres")
    assert platform.sql("SELECT word FROM outlives") == "still here"
    platform.sql("DROP TABLE outlives")
    for service in SERVICES:
        eventually(lambda service=service: _ready(platform, service), platform.kube)  # type: ignore[misc]


def _uid(platform: Platform) -> str | None:
    try:
        uid: str = platform.kube.get("pod", "postgres-0")["metadata"]["uid"]
    except KubectlError:
        return None
    return uid


def _ready(platform: Platform, service: str) -> bool:
    # no pod behind it, no answer
    try:
        return platform.ask(f"http://{service}{HEALTH}").status == 200
    except KubectlError:
        return False
