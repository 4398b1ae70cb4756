"""Makes the objects of another colour, and jobs, out of those in use. It asks nobody, and does not know releases.

Everything is copied but what the server adds, the colour and the image: resources, probes, secrets and sidecars of the
colour in use are those of the next one.
"""

import copy
from typing import Any, Final

from lib.release.cluster import Object
from lib.release.words import APP, COLOUR, COMPONENT, RELEASE, deployment

_NOT_COPIED: Final = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")
# what autoscaling/v1 cannot say, and what the server only reports
_REPORTED: Final = ("autoscaling.alpha.kubernetes.io/conditions", "autoscaling.alpha.kubernetes.io/current-metrics")

_MESSAGE_BYTES: Final = 4000


def image_of(deployment: Object) -> str:
    """The image of its first container, which is the one that is released."""
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def colour_of(service: Object) -> str:
    """The colour that a Service selects; empty where it selects none."""
    return str((service["spec"].get("selector") or {}).get(COLOUR, ""))


def port_of(service: Object, pod: Object) -> int:
    """The port of `pod` that `service` leads to."""
    target = service["spec"]["ports"][0].get("targetPort") or service["spec"]["ports"][0]["port"]
    if isinstance(target, int):
        return target
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports") or []]
    return int(next(port["containerPort"] for port in ports if port.get("name") == target))


def in_other_colour(source: Object, service: str, colour: str, image: str, release: str) -> Object:
    """The Deployment of `service` in `colour` with `image`, as `source` is otherwise."""
    body = _copied(source, deployment(service, colour), release)
    body["spec"] = _recoloured(copy.deepcopy(source["spec"]), colour)
    body["metadata"]["labels"] = _recoloured(body["metadata"]["labels"], colour)
    old = image_of(source)
    pod = body["spec"]["template"]["spec"]
    for container in [*pod["containers"], *(pod.get("initContainers") or [])]:
        if container["image"] == old:
            container["image"] = image
    return body


def autoscaler_of_other_colour(source: Object, service: str, colour: str, release: str) -> Object:
    """The autoscaler of `service` for its Deployment of `colour`."""
    body = _copied(source, deployment(service, colour), release)
    body["spec"] = copy.deepcopy(source["spec"])
    body["spec"]["scaleTargetRef"]["name"] = deployment(service, colour)
    body["metadata"]["labels"] = _recoloured(body["metadata"]["labels"], colour)
    return body


def migration_job(source: Object, name: str, image: str, script: str, release: str, deadline_s: float) -> Object:
    """A Job that runs `script` in a pod like those of the Deployment `source`, with its settings and secrets, without
    its probes. What it said is found in its pod's state afterwards.
    """
    spec = copy.deepcopy(source["spec"]["template"]["spec"])
    container: Any = spec["containers"][0]
    for gone in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "ports", "args"):
        container.pop(gone, None)
    said = "/dev/termination-log"
    container |= {
        "name": "migrate",
        "image": image,
        "command": [
            "sh",
            "-c",
            f'({script}) 2>&1 | tail -c {_MESSAGE_BYTES} > {said}; cat {said}; grep -q "^done$" {said}',
        ],
        "terminationMessagePath": said,
    }
    spec |= {"containers": [container], "restartPolicy": "Never"}
    spec.pop("topologySpreadConstraints", None)
    labels = {APP: "insitechart", COMPONENT: "migrate"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels, "annotations": {RELEASE: release}},
        "spec": {
            "backoffLimit": 2,
            "activeDeadlineSeconds": round(deadline_s),
            "ttlSecondsAfterFinished": 3600,
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def _copied(source: Object, name: str, release: str) -> Object:
    metadata = source["metadata"]
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key not in (*_NOT_COPIED, *_REPORTED)
    }
    return {
        "apiVersion": source.get("apiVersion"),
        "kind": source.get("kind"),
        "metadata": {
            "name": name,
            "labels": copy.deepcopy(metadata.get("labels") or {}),
            "annotations": annotations | {RELEASE: release},
        },
    }


def _recoloured(value: Any, colour: str) -> Any:
    """`value` with every label of a colour, however deep, being `colour`."""
    if isinstance(value, dict):
        return {key: colour if key == COLOUR else _recoloured(inner, colour) for key, inner in value.items()}
    if isinstance(value, list):
        return [_recoloured(inner, colour) for inner in value]
    return value
