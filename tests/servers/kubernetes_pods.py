"""Pods of a local Kubernetes: each a real HTTP server on loopback that does what its image's name says.

It does not know who asks, but for probes.

`app:1` is good, `app:1-migrated` brings migrations along; `app:never` ends at once, `app:missing` cannot be had,
`app:500` is ready and answers 500, `app:unready` never is ready, `app:late` answers everybody but probes with 500,
`app:dies` ends once somebody else than a probe asked, `app:broken-schema` cannot migrate.
"""

import time
from typing import Any

from aiohttp import web

Object = dict[str, Any]

_START_S = 0.2
_CRASH_S = 0.3


class Pod:
    """One pod of the Deployment `owner`."""

    def __init__(self, owner: str, name: str, template: Object) -> None:
        self.owner = owner
        self.name = name
        self.port = 0
        self.answers: dict[int, int] = {}
        self._template = template
        self._does = template["spec"]["containers"][0]["image"].rpartition(":")[2]
        self._began = time.monotonic()
        self._exits = 0
        self._runner: web.AppRunner | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it may be asked."""
        return self._runner is not None and self._does != "unready"

    def body(self) -> Object:
        """The object."""
        # how often `http` differs from pod to pod on one machine
        container = self._template["spec"]["containers"][0] | {"ports": [{"name": "http", "containerPort": self.port}]}
        return {
            "metadata": {"name": self.name, "labels": dict(self._template["metadata"]["labels"])},
            "spec": {"containers": [container]},
            "status": {},
        }

    async def go_on(self) -> None:
        """Lets time pass."""
        age = time.monotonic() - self._began
        if self._does == "never" and age > _CRASH_S * (self._exits + 1):
            self._exits += 1
        if self._does not in ("never", "missing") and self._runner is None and age > _START_S:
            app = web.Application()
            app.router.add_get("/{path:.*}", self._answer)
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Ends it once it has answered."""
        if self._runner is not None:
            await self._runner.cleanup()

    def ended(self) -> Object:
        """As Kubernetes would tell it while the node clears it away."""
        ready = {"type": "Ready", "status": "False"}
        gone = {"name": "api", "restartCount": self._exits, "state": {"terminated": {"exitCode": 0}}}
        return {"conditions": [ready], "containerStatuses": [gone]}

    def status(self) -> Object:
        """As Kubernetes would tell it."""
        waiting = {"never": "CrashLoopBackOff", "missing": "ErrImageNeverPull"}.get(self._does)
        state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
        return {
            "podIP": "127.0.0.1",
            "conditions": [{"type": "Ready", "status": "True" if self.is_ready else "False"}],
            "containerStatuses": [{"name": "api", "restartCount": self._exits, "state": state}],
        }

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path == "/health/ready":
            return web.json_response({"status": "ok"})
        if request.path == "/metrics":
            lines = [f'insitechart_http_requests_total{{route="/",status="{s}"}} {n}' for s, n in self.answers.items()]
            return web.Response(text="\n".join(["# TYPE insitechart_http_requests_total counter", *lines, ""]))
        is_probe = request.headers.get("User-Agent") == "insitechart-release"
        status = 500 if self._does == "500" or (self._does == "late" and not is_probe) else 200
        if self._does == "dies" and not is_probe:
            self._exits += 1
        self.answers[status] = self.answers.get(status, 0) + 1
        return web.json_response({"image": self._does}, status=status)


def job_ended(job: Object) -> tuple[Object, Object]:
    """The pod of a Job that has run, and the Job's state."""
    name, container = job["metadata"]["name"], job["spec"]["template"]["spec"]["containers"][0]
    does, script = container["image"].rpartition(":")[2], container["command"][-1]
    fails = does == "broken-schema" and "--expand" in script
    said = "applied 0900_moods\n" if does.endswith("-migrated") and "--expand" in script else ""
    said += "applied 0901_no_moods\n" if does.endswith("-migrated") and "--contract" in script else ""
    message = "error: Migration 0900 failed and changed nothing: no such column" if fails else f"{said}done\n"
    pod = {
        "metadata": {"name": f"{name}-1", "labels": {"job-name": name}},
        "status": {"containerStatuses": [{"name": "migrate", "state": {"terminated": {"message": message}}}]},
    }
    if fails:
        return pod, {
            "failed": 3,
            "conditions": [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}],
        }
    return pod, {"succeeded": 1}
