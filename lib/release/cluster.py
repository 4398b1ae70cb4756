"""Talks to the API server of Kubernetes, patiently: the only place that knows its client. It does not know releases.

Objects stay what the server sends, whole: a field that this code does not know is not lost when an object is copied.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import aiohttp
import stamina
from kubernetes_asyncio import config
from kubernetes_asyncio.client import ApiClient, Configuration
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.config import ConfigException

from lib.errors import ClusterAway, ReleaseRefused

Object: TypeAlias = dict[str, Any]
Resource = Literal["deployments", "services", "pods", "jobs", "leases", "horizontalpodautoscalers"]

_GROUPS: Final[dict[Resource, str]] = {
    "deployments": "/apis/apps/v1",
    "services": "/api/v1",
    "pods": "/api/v1",
    "jobs": "/apis/batch/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    # every server has it; what it cannot say stands in annotations, which are copied, too
    "horizontalpodautoscalers": "/apis/autoscaling/v1",
}

_ANSWERS = dict.fromkeys((200, 201, 202), "object")
_REQUEST_S = 10
_AGAIN = frozenset({429, 500, 502, 503, 504})

# at debug it writes every object whole, with whatever stands in it
logging.getLogger("kubernetes_asyncio").setLevel(logging.INFO)

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NAMESPACE = "insitechart"


class Collision(Exception):
    """There is another object of this name, or it is not the one that was read."""


class _Passing(Exception):
    """What may be gone when asked again."""


class Cluster:
    """One namespace. Failures that may pass are asked again for `patience_s`; then ClusterAway is raised.

    ReleaseRefused is raised for what the server does not allow.
    """

    def __init__(self, client: ApiClient, namespace: str, *, patience_s: float) -> None:
        self._client = client
        self.namespace = namespace
        self.patience_s = patience_s

    async def get(self, resource: Resource, name: str) -> Object | None:
        """The object, or None where there is none of this name."""
        try:
            return await self._ask("GET", self._path(resource, name))
        except _Missing:
            return None

    async def find(self, resource: Resource, labels: Mapping[str, str]) -> list[Object]:
        """Every object that has these labels."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        found: list[Object] = (await self._ask("GET", self._path(resource), query=[("labelSelector", selector)]))[
            "items"
        ]
        return found

    async def create(self, resource: Resource, body: Object) -> Object:
        """Makes it. Raises Collision where there is one of this name, if only by a try whose answer was lost."""
        return await self._ask("POST", self._path(resource), body=body)

    async def replace(self, resource: Resource, body: Object) -> Object:
        """Puts `body` in its place. Raises Collision where it was changed since `body` was read, or is gone."""
        try:
            return await self._ask("PUT", self._path(resource, body["metadata"]["name"]), body=body)
        except _Missing:
            raise Collision(body["metadata"]["name"]) from None

    async def patch(self, resource: Resource, name: str, changes: Object) -> Object | None:
        """Changes some fields of it (RFC 7386); None where there is none of this name."""
        try:
            return await self._ask("PATCH", self._path(resource, name), body=changes)
        except _Missing:
            return None

    async def delete(self, resource: Resource, name: str) -> None:
        """Has it removed with what belongs to it. That there is none is fine."""
        try:
            await self._ask("DELETE", self._path(resource, name), query=[("propagationPolicy", "Background")])
        except _Missing:
            return

    def _path(self, resource: Resource, name: str = "") -> str:
        path = f"{_GROUPS[resource]}/namespaces/{self.namespace}/{resource}"
        return f"{path}/{name}" if name else path

    async def _ask(
        self, method: str, path: str, *, body: Object | None = None, query: list[tuple[str, str]] | None = None
    ) -> Object:
        async def once() -> Object:
            return await self._once(method, path, body, query or [])

        try:
            return await _patiently(once, self.patience_s)
        except _Passing as error:
            raise ClusterAway(
                f"The API server of Kubernetes does not do {method} {path}: {error}",
                hint="Once it answers, run the release again: what was begun is found, and ended.",
            ) from None

    async def _once(self, method: str, path: str, body: Object | None, query: list[tuple[str, str]]) -> Object:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            answer: Object = await self._client.call_api(
                path, method, query_params=query, header_params={"Accept": "application/json", "Content-Type": kind},
                body=body, response_types_map=_ANSWERS, auth_settings=["BearerToken"], _return_http_data_only=True,
                _request_timeout=_REQUEST_S,
            )  # fmt: skip
        except ApiException as error:
            raise _translated(error, method, path) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _Passing(f"{type(error).__name__}: {error}") from None
        return answer


class _Missing(Exception):
    """There is no such object."""


def _translated(error: ApiException, method: str, path: str) -> Exception:
    said = f"{error.status} {error.reason}: {error.body!s}"[:500]
    if error.status in _AGAIN:
        return _Passing(said)
    if error.status == 404:
        return _Missing()
    if error.status == 409:
        return Collision(said)
    if error.status in (401, 403):
        return ReleaseRefused(
            f"Kubernetes does not allow {method} {path}.",
            hint="Give whoever runs the release the role of k8s/release; `kubectl auth can-i` tells what is missing.",
        )
    return ReleaseRefused(f"Kubernetes refuses {method} {path}: {said}", hint="Correct what it says, and run it again.")


async def _patiently(ask: Callable[[], Awaitable[Object]], patience_s: float) -> Object:
    async for attempt in stamina.retry_context(
        on=_Passing, attempts=None, timeout=patience_s, wait_initial=0.2, wait_max=5, wait_jitter=0.5
    ):
        with attempt:
            return await ask()
    raise AssertionError("the last attempt returns or raises")


@asynccontextmanager
async def open_cluster(namespace: str = "", *, patience_s: float = 120.0) -> AsyncIterator[Cluster]:
    """The cluster that this process runs in, else the one of the kubeconfig (KUBECONFIG, or ~/.kube/config).

    `namespace`: empty for the one that this process runs in, else `insitechart`. Raises ReleaseRefused where there is
    no cluster to be found.
    """
    found = Configuration()
    try:
        try:
            config.load_incluster_config(client_configuration=found)
        except ConfigException:
            await config.load_kube_config(client_configuration=found, persist_config=False)
    except (ConfigException, OSError) as error:
        raise ReleaseRefused(
            f"There is no cluster to release to: {error}",
            hint="Run it inside of the cluster, or set KUBECONFIG to a file that leads there.",
        ) from None
    async with ApiClient(found) as client:
        yield Cluster(client, namespace or await asyncio.to_thread(_own_namespace), patience_s=patience_s)


def _own_namespace() -> str:
    try:
        return (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        return NAMESPACE
