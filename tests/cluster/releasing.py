"""Releases on a real cluster: one pod with the release's own account carries them out, another asks meanwhile. It does
not know the tests.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.cluster.kube import PROGRAM, Kube, explained
from tests.cluster.platform import Platform

SERVICES = ("sentiment", "stocks", "users")

# where flows stand, with what a release may do
RELEASER = """
apiVersion: v1
kind: Pod
metadata:
  name: releaser
  labels: {{app.kubernetes.io/name: insitechart, app.kubernetes.io/component: flow}}
spec:
  serviceAccountName: insitechart-release
  automountServiceAccountToken: true
  terminationGracePeriodSeconds: 0
  securityContext:
    {{runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
    - name: releaser
      image: {image}
      command: [sleep, infinity]
      envFrom: [{{configMapRef: {{name: insitechart}}}}]
      securityContext:
        {{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}
      volumeMounts: [{{name: scratch, mountPath: /tmp}}]
  volumes: [{{name: scratch, emptyDir: {{}}}}]
"""

# a new connection each time, as many as the API lets one address ask in a minute
_LOAD = """
import collections, json, pathlib, threading, time, urllib.request
stop, counts, lock = pathlib.Path("/tmp/stop"), collections.Counter(), threading.Lock()
def ask(url, pause):
    while not stop.exists():
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=HEADERS), timeout=10) as answer:
                answer.read()
                said = str(answer.status)
        except Exception as error:
            said = f"{url}: {type(error).__name__} {error}"
        with lock:
            counts[said] += 1
        time.sleep(pause)
HEADERS = {"Accept": "application/json"}
threads = [threading.Thread(target=ask, args=each) for each in [
    ("http://stocks/api/v1/stocks?q=samsung&limit=1", 0.25), ("http://sentiment/api/v1/sentiment/scorers", 0.25),
    ("http://users/health/ready", 0.1), ("http://stocks/health/ready", 0.1)]]
pathlib.Path("/tmp/asking").touch()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(counts))
"""


class Load:
    """What was answered: how often `200`, and how often anything else."""

    def __init__(self) -> None:
        self.answers: dict[str, int] = {}

    @property
    def failed(self) -> dict[str, int]:
        """What was no good answer."""
        return {said: count for said, count in self.answers.items() if said != "200"}


@contextlib.contextmanager
def load(kube: Kube) -> Iterator[Load]:
    """Four clients ask all the time until left; then the answers are counted."""
    kube.execute("pod/client", "rm", "-f", "/tmp/stop", "/tmp/asking")
    asking = subprocess.Popen(
        [PROGRAM, "-n", kube.namespace, "exec", "pod/client", "--", "python", "-c", _LOAD],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    counted = Load()
    try:
        kube.execute("pod/client", "sh", "-c", "until [ -e /tmp/asking ]; do sleep 0.2; done")
        yield counted
    finally:
        kube.execute("pod/client", "touch", "/tmp/stop")
        said, _ = asking.communicate(timeout=60)
        counted.answers.update(json.loads(said))


class Releaser:
    """The pod that carries releases out."""

    def __init__(self, platform: Platform) -> None:
        self.kube = platform.kube
        self._image = platform.images.insitechart

    def start(self) -> None:
        """Has it there, ready."""
        with explained(self.kube):
            self.kube.apply(RELEASER.format(image=self._image))
            self.kube.until("pod/releaser", "condition=Ready", 120)

    def die(self) -> None:
        """Ends it at once, with whatever it does."""
        self.kube.run("delete", "pod", "releaser", "--grace-period=0", "--force", "--wait=true")

    def release(self, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Carries a release out, to its end."""
        return subprocess.run(self._command(*arguments, before=before), capture_output=True, text=True, check=False)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Begins one."""
        return subprocess.Popen(
            self._command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )  # fmt: skip

    def book(self) -> dict[str, Any]:
        """What is written down of releases."""
        found = self.kube.run("get", "leases", "-o", "json")
        for lease in json.loads(found)["items"]:
            if lease["metadata"]["name"] == "insitechart-release":
                written: dict[str, Any] = json.loads(
                    lease["metadata"].get("annotations", {}).get("insitechart.io/releases", "{}")
                )
                return written
        return {}

    def colours(self) -> dict[str, str]:
        """The colour that each service selects."""
        found = [self.kube.get("service", service) for service in SERVICES]
        return {one["metadata"]["name"]: one["spec"]["selector"]["insitechart.io/colour"] for one in found}

    def deployments(self) -> dict[str, str]:
        """The Deployments of the three services, with their images."""
        found = {one["metadata"]["name"]: one for one in self.kube.get("deployments")["items"]}
        return {
            name: one["spec"]["template"]["spec"]["containers"][0]["image"]
            for name, one in found.items()
            if name.rpartition("-")[0] in SERVICES
        }

    def _command(self, *arguments: str, before: tuple[str, ...] = ()) -> list[str]:
        # its home is not writable, and it needs none
        return [
            PROGRAM, "-n", self.kube.namespace, "exec", "pod/releaser", "--", *before, "insitechart", "release",
            "--yes", *arguments,
        ]  # fmt: skip
