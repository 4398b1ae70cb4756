"""What tests of releases share: services in blue on a local Kubernetes, and people who ask them all the time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import msgspec
import pytest

from lib.domain.releases import Book, Rules
from lib.release.words import APP, BOOK, COLOUR, COMPONENT, LEASE, SERVICES
from tests.servers.kubernetes import LocalKubernetes, local_kubernetes

# what takes seconds in a cluster takes as many tenths here
QUICK = Rules(probes=10, pause_s=0.1, watch_s=2.0, rollout_s=10.0, drain_s=0.3)


def manifests(image: str = "app:1", colour: str = "blue") -> list[tuple[str, dict[str, Any]]]:
    """The Deployments, Services and autoscalers of one colour, as k8s/base has them."""
    found: list[tuple[str, dict[str, Any]]] = []
    for service in SERVICES:
        labels = {APP: "insitechart", COMPONENT: service}
        coloured = labels | {COLOUR: colour}
        container = {
            "name": "api",
            "image": image,
            "env": [{"name": "INSITECHART_API_SERVICES", "value": service}],
            "ports": [{"name": "http", "containerPort": 8000}],
        }
        spec = {
            "containers": [container, {"name": "beside", "image": "beside:1"}],
            "topologySpreadConstraints": [{"labelSelector": {"matchLabels": coloured}}],
        }
        name = f"{service}-{colour}"
        found += [
            ("services", {
                "metadata": {"name": service, "labels": labels},
                "spec": {"selector": coloured, "ports": [{"port": 80, "targetPort": "http"}]},
            }),
            ("deployments", {
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {
                    "name": name, "labels": coloured, "uid": "of-the-server",
                    "annotations": {"deployment.kubernetes.io/revision": "3", "insitechart.io/kept": "yes"},
                },
                "spec": {
                    "replicas": 2, "selector": {"matchLabels": coloured},
                    "template": {"metadata": {"labels": coloured}, "spec": spec},
                },
            }),
            ("horizontalpodautoscalers", {
                "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
                "metadata": {"name": name, "labels": coloured},
                "spec": {"scaleTargetRef": {"kind": "Deployment", "name": name}, "minReplicas": 2, "maxReplicas": 10},
            }),
        ]  # fmt: skip
    return found


def book_of(server: LocalKubernetes) -> Book:
    """What is written down of releases."""
    lease = server.objects.get(("leases", LEASE))
    written = ((lease or {"metadata": {}})["metadata"].get("annotations") or {}).get(BOOK)
    return msgspec.json.decode(written, type=Book) if written else Book()


def colours_of(server: LocalKubernetes) -> set[str]:
    """The colours that services select."""
    return {server.objects["services", name]["spec"]["selector"][COLOUR] for name in SERVICES}


@pytest.fixture
def kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalKubernetes]:
    """A local Kubernetes where app:1 is in use as blue; KUBECONFIG leads there."""
    with local_kubernetes() as server:
        for resource, body in manifests():
            server.put(resource, body)
        file = str(server.kubeconfig(tmp_path))
        monkeypatch.setenv("KUBECONFIG", file)
        # the client reads the variable when it is imported
        monkeypatch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", file)
        _until_in_use(server)
        yield server


def _until_in_use(server: LocalKubernetes) -> None:
    until = monotonic() + 60
    while not all(len(server.ports_of(service)) == 2 for service in SERVICES):
        assert monotonic() < until, "no pods came up"
        sleep(0.02)


class People:
    """Who ask every service all the time, each time over a new connection."""

    def __init__(self, server: LocalKubernetes) -> None:
        self._server = server
        self.answers: list[tuple[str, str]] = []

    @property
    def failed(self) -> list[tuple[str, str]]:
        """What came instead of a good answer."""
        return [answer for answer in self.answers if answer[0] != "200"]

    async def ask(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)) as client:
            while True:
                for service in SERVICES:
                    ports = self._server.ports_of(service)
                    try:
                        answer = await client.get(f"http://127.0.0.1:{ports[len(self.answers) % len(ports)]}/some")
                        self.answers.append((str(answer.status_code), answer.json()["image"]))
                    except (httpx.HTTPError, ZeroDivisionError) as error:
                        self.answers.append((type(error).__name__, service))
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def asking(server: LocalKubernetes) -> AsyncIterator[People]:
    """People who ask until left, and began once blue answers."""
    async with asyncio.timeout(30):
        while not all(len(server.ports_of(service)) == 2 for service in SERVICES):  # noqa: ASYNC110  it is elsewhere
            await asyncio.sleep(0.05)
    people = People(server)
    task = asyncio.create_task(people.ask())
    yield people
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
