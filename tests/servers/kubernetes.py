"""An API server of Kubernetes as far as a release needs one, on loopback. It does not know releases.

It keeps objects with versions, refuses what a real one would refuse, and lets Deployments make pods and Jobs end. What
an image does is in kubernetes_pods.py. Its answers can be made to fail.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml
from aiohttp import web

from tests.servers.kubernetes_pods import Pod, job_ended
from tests.servers.plain import served

Object = dict[str, Any]

_TICK_S = 0.05


class LocalKubernetes:
    """The server. `failing` says for each further request how it fails: a status, 0 for a cut line, None for not at
    all; when it ends nothing fails any more. Where it `lingers`, pods that have ended are never cleared away.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.failing: Iterator[int | None] = iter(())
        self.failed = 0
        self.lingers = False
        self.url = ""
        self._versions = itertools.count(1)
        self._numbers = itertools.count(1)
        self._running: dict[str, Pod] = {}

    @property
    def app(self) -> web.Application:
        """What is served."""
        app = web.Application(middlewares=[self._fail])
        for base in ("/api/v1", "/apis/{group}/{version}"):
            path = f"{base}/namespaces/{{namespace}}/{{resource}}"
            app.router.add_get(path, self._list)
            app.router.add_post(path, self._create)
            app.router.add_get(f"{path}/{{name}}", self._read)
            app.router.add_put(f"{path}/{{name}}", self._replace)
            app.router.add_patch(f"{path}/{{name}}", self._patch)
            app.router.add_delete(f"{path}/{{name}}", self._delete)
        app.cleanup_ctx.append(self._controllers)
        return app

    def put(self, resource: str, body: Object) -> None:
        """Has an object there, as somebody applied it."""
        self._store(resource, {**body, "metadata": {**body["metadata"]}})

    def named(self, resource: str) -> list[str]:
        """The names of all objects of `resource`."""
        return sorted(name for kind, name in self.objects if kind == resource)

    def kubeconfig(self, folder: Path) -> Path:
        """A file that leads here."""
        file = folder / "kubeconfig"
        file.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "local",
                    "clusters": [{"name": "local", "cluster": {"server": self.url}}],
                    "users": [{"name": "local", "user": {"token": "local"}}],
                    "contexts": [{"name": "local", "context": {"cluster": "local", "user": "local"}}],
                }
            )
        )
        return file

    def ports_of(self, service: str) -> list[int]:
        """Where the ready pods answer that `service` selects, as a proxy of the cluster knows them."""
        selector = self.objects["services", service]["spec"]["selector"]
        return [
            pod.port
            for name, pod in list(self._running.items())
            if pod.is_ready and _matches(self.objects.get(("pods", name), {}), selector)
        ]

    # --- requests

    @web.middleware
    async def _fail(self, request: web.Request, handler: Any) -> web.StreamResponse:
        status = next(self.failing, None)
        if status is None:
            answer: web.StreamResponse = await handler(request)
            return answer
        self.failed += 1
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
        return _problem(status or 500)

    async def _list(self, request: web.Request) -> web.Response:
        wanted = dict(part.split("=", 1) for part in request.query.get("labelSelector", "").split(",") if part)
        resource = request.match_info["resource"]
        found = [body for (kind, _), body in self.objects.items() if kind == resource and _matches(body, wanted)]
        return _json({"kind": "List", "items": found})

    async def _create(self, request: web.Request) -> web.Response:
        body, resource = await request.json(), request.match_info["resource"]
        if (resource, body["metadata"]["name"]) in self.objects:
            return _problem(409)
        assert request.match_info.get("version", "v1") == "v1"
        return _json(self._store(resource, body), 201)

    async def _read(self, request: web.Request) -> web.Response:
        found = self.objects.get(_key(request))
        return _problem(404) if found is None else _json(found)

    async def _replace(self, request: web.Request) -> web.Response:
        body, found = await request.json(), self.objects.get(_key(request))
        if found is None:
            return _problem(404)
        if body["metadata"].get("resourceVersion") not in (None, found["metadata"]["resourceVersion"]):
            return _problem(409)
        return _json(self._store(request.match_info["resource"], body))

    async def _patch(self, request: web.Request) -> web.Response:
        found = self.objects.get(_key(request))
        if found is None:
            return _problem(404)
        assert request.content_type == "application/merge-patch+json"
        return _json(self._store(request.match_info["resource"], _merged(found, await request.json())))

    async def _delete(self, request: web.Request) -> web.Response:
        found = self.objects.pop(_key(request), None)
        return _problem(404) if found is None else _json({"kind": "Status", "status": "Success"})

    def _store(self, resource: str, body: Object) -> Object:
        body["metadata"]["resourceVersion"] = str(next(self._versions))
        body["metadata"].setdefault("generation", 1)
        self.objects[resource, body["metadata"]["name"]] = body
        return body

    # --- controllers

    async def _controllers(self, _: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self._control())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for pod in self._running.values():
            await pod.stop()

    async def _control(self) -> None:
        while True:
            for (resource, _), body in list(self.objects.items()):
                if resource == "deployments":
                    self._deploy(body)
                elif resource == "jobs" and not body.get("status"):
                    self._run_job(body)
            for name, pod in list(self._running.items()):
                owner = self.objects.get(("deployments", pod.owner))
                if owner is None or ("pods", name) not in self.objects:
                    del self._running[name]
                    await pod.stop()
                    if self.lingers and ("pods", name) in self.objects:
                        self.objects["pods", name]["metadata"]["deletionTimestamp"] = "2026-03-02T14:30:00Z"
                        self.objects["pods", name] |= {"status": pod.ended()}
                    else:
                        self.objects.pop(("pods", name), None)
                else:
                    await pod.go_on()
                    self.objects["pods", name] |= {"spec": pod.body()["spec"], "status": pod.status()}
            await asyncio.sleep(_TICK_S)

    def _deploy(self, body: Object) -> None:
        name = body["metadata"]["name"]
        mine = [pod for pod in self._running.values() if pod.owner == name]
        for _ in range(body["spec"].get("replicas", 1) - len(mine)):
            pod = Pod(name, f"{name}-{next(self._numbers)}", body["spec"]["template"])
            self._running[pod.name] = pod
            self._store("pods", pod.body())
        ready = sum(pod.is_ready for pod in mine)
        body["status"] = {
            "observedGeneration": body["metadata"]["generation"],
            "replicas": len(mine),
            "updatedReplicas": len(mine),
            "availableReplicas": ready,
        }

    def _run_job(self, body: Object) -> None:
        pod, status = job_ended(body)
        self._store("pods", pod)
        body["status"] = status


@contextlib.contextmanager
def local_kubernetes() -> Iterator[LocalKubernetes]:
    """One that is served until left."""
    server = LocalKubernetes()
    with served(server.app) as url:
        server.url = url
        yield server


def _key(request: web.Request) -> tuple[str, str]:
    return request.match_info["resource"], request.match_info["name"]


def _matches(body: Object, labels: dict[str, str]) -> bool:
    return labels.items() <= (body.get("metadata", {}).get("labels") or {}).items()


def _merged(found: Any, changes: Any) -> Any:
    if not isinstance(changes, dict):
        return changes
    merged = dict(found) if isinstance(found, dict) else {}
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _json(body: Object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def _problem(status: int) -> web.Response:
    return _json({"kind": "Status", "status": "Failure", "code": status}, status)
