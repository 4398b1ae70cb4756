"""The whole platform in a namespace of a real cluster, and somebody inside who asks it. It does not know the tests."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.cluster.images import Images
from tests.cluster.installing import fitted, manifests, secret_manifests, with_pods
from tests.cluster.kube import Kube, KubectlError, explained
from tests.cluster.volumes import NodeVolume, claim_of, provisions

# one that stands where flows stand, so the rules of the network let it through
CLIENT = """
apiVersion: v1
kind: Pod
metadata:
  name: client
  labels: {{app.kubernetes.io/name: insitechart, app.kubernetes.io/component: flow}}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  securityContext:
    {{runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
    - name: client
      image: {image}
      command: [sleep, infinity]
      envFrom: [{{configMapRef: {{name: insitechart}}}}]
      securityContext:
        {{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}
      volumeMounts: [{{name: scratch, mountPath: /tmp}}]
  volumes: [{{name: scratch, emptyDir: {{}}}}]
"""

_ASK = """
import json, sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Accept": "application/json"})
try:
    answer = urllib.request.urlopen(request, timeout=30)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, answer.read().decode()]))
"""


class Answer(NamedTuple):
    """What a service said; `body` as text."""

    status: int
    body: str

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Platform:
    """What was installed: `taken` are the manifests, `said` tells what the cluster could not take, and how long things
    took.
    """

    def __init__(self, kube: Kube, images: Images, folder: Path) -> None:
        self.kube = kube
        self.images = images
        self.said: list[str] = []
        self.wanted = manifests(folder, kube.namespace, images)
        self.taken, left_out = fitted(self.wanted, kube.served())
        self.said += left_out
        self._ours = False
        self._volume: NodeVolume | None = None

    def install(self, *, use_what_is_there: bool) -> None:
        """Applies everything and waits until all of it stands. AssertionError carries what the cluster tells."""
        if self._is_there():
            assert use_what_is_there, (
                f"The namespace {self.kube.namespace} is there already. Delete it, or name another: "
                "INSITECHART_CLUSTER_NAMESPACE."
            )
            self.said.append(
                "The platform of an earlier run was used: what the manifests changed meanwhile is not in it."
            )
            return
        self._ours = True
        stateful = next(one for one in self.taken if one["kind"] == "StatefulSet")
        pod = stateful["spec"]["template"]["spec"]
        if not provisions(self.kube):
            uid = pod["securityContext"]["runAsUser"]
            self._volume = NodeVolume(self.kube, claim_of(stateful), pod["containers"][0]["image"], uid)
            self._volume.make()
            self.said.append("The cluster provisions no volumes: the database is in a folder of the node.")
        space = [one for one in self.taken if one["kind"] == "Namespace"]
        self.kube.apply(yaml.safe_dump_all([*space, *secret_manifests()]))
        with explained(self.kube), self.timed("applied"):
            self.kube.apply(yaml.safe_dump_all(self.taken))
            self.kube.apply(CLIENT.format(image=self.images.insitechart))
        with explained(self.kube), self.timed("migrated"):
            self.kube.until("job/migrate", "condition=complete", 300)
        with explained(self.kube), self.timed("deployments recorded"):
            self.kube.until("job/record-deployments", "condition=complete", 420)
        with explained(self.kube), self.timed("everything ready"):
            for target in with_pods(self.taken):
                self.kube.rolled_out(target)
            self.kube.until("pod/client", "condition=Ready", 120)

    def _is_there(self) -> bool:
        try:
            self.kube.get("namespace", self.kube.namespace)
        except KubectlError:
            return False
        return True

    def remove(self) -> None:
        """Nothing is left of it; what was there before us stays."""
        if not self._ours:
            return
        # a namespace that goes takes no new pods, so those that are killed at once do not come again
        self.kube.run("delete", "namespace", self.kube.namespace, "--ignore-not-found", "--wait=false")
        self.kube.run("delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false")
        self.kube.run("delete", "namespace", self.kube.namespace, "--ignore-not-found", seconds=240)
        if self._volume:
            self._volume.remove()

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Notes how long it took."""
        begun = time.monotonic()
        yield
        self.said.append(f"{what} after {time.monotonic() - begun:.0f} s")

    def ask(self, url: str) -> Answer:
        """What is answered to somebody inside of the cluster, whatever its status."""
        status, body = json.loads(self.kube.execute("pod/client", "python", "-c", _ASK, url))
        return Answer(status, body)

    def sql(self, statement: str) -> str:
        """The bare result of `statement` in our database, asked by its superuser."""
        return self.kube.execute(
            "pod/postgres-0", "psql", "-X", "-A", "-t", "-U", "postgres", "-d", "insitechart", "-c", statement
        ).strip()
