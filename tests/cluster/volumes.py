"""A folder of the node as volume, where the cluster provisions none. It does not know what is kept there."""

from typing import Any

from tests.cluster.kube import Kube

# beside the namespace under test, in which no pod may be root
_HELPER = """
apiVersion: v1
kind: Namespace
metadata: {{name: {helper}}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}, namespace: {helper}}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: folder
          image: {image}
          imagePullPolicy: IfNotPresent
          command: [sh, -c, 'find /volume -mindepth 1 -delete; chown {uid}:{uid} /volume; chmod 700 /volume']
          securityContext: {{runAsUser: 0}}
          volumeMounts: [{{name: volume, mountPath: /volume}}]
      volumes:
        - name: volume
          hostPath: {{path: {path}, type: DirectoryOrCreate}}
"""

_VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {namespace}}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  persistentVolumeReclaimPolicy: Retain
  claimRef: {{namespace: {namespace}, name: {claim}}}
  hostPath: {{path: {path}, type: Directory}}
"""


class NodeVolume:
    """One folder of the node, for one claim of the namespace. `image` needs a shell."""

    def __init__(self, kube: Kube, claim: str, image: str, uid: int) -> None:
        self._kube = kube
        self._helper = Kube(f"{kube.namespace}-volume")
        self._given = {
            "namespace": kube.namespace,
            "helper": self._helper.namespace,
            "claim": claim,
            "image": image,
            "uid": uid,
            "path": f"/tmp/insitechart-cluster-test/{kube.namespace}",
        }

    def make(self) -> None:
        """An empty folder that the user may write to, waiting for the claim."""
        self._empty("make")
        self._kube.apply(_VOLUME.format(**self._given))

    def remove(self) -> None:
        """Nothing is left of it but an empty folder."""
        self._kube.run("delete", "persistentvolume", self._kube.namespace, "--ignore-not-found")
        self._empty("remove")
        self._kube.run("delete", "namespace", self._helper.namespace, "--ignore-not-found", seconds=180)

    def _empty(self, name: str) -> None:
        self._helper.run("apply", "-f", "-", stdin=_HELPER.format(**self._given, name=name))
        self._helper.until(f"job/{name}", "condition=complete", 180)


def provisions(kube: Kube) -> bool:
    """Whether a claim without a class gets a volume by itself."""
    classes: list[dict[str, Any]] = kube.get("storageclasses")["items"]
    return any(
        one["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
        for one in classes
    )


def claim_of(stateful_set: dict[str, Any]) -> str:
    """The claim of the first pod's first volume."""
    template = stateful_set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"]
    return f"{template}-{stateful_set['metadata']['name']}-0"
