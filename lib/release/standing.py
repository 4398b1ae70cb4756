"""How things stand in the cluster: which colour serves, with which image, by how many pods. It changes nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from lib.domain.releases import Colour, PodState, in_use, other
from lib.errors import ReleaseRefused
from lib.release.cluster import Cluster, Object
from lib.release.objects import colour_of, image_of
from lib.release.words import COLOUR, COMPONENT, deployment

_COLOURS = ("blue", "green")


class Standing(NamedTuple):
    """Every service with its Service, and its Deployments by their colour."""

    services: dict[str, Object]
    deployments: dict[str, dict[Colour, Object]]

    @property
    def selected(self) -> dict[str, Colour]:
        """The colour that each service selects."""
        return {name: cast("Colour", colour_of(service)) for name, service in self.services.items()}

    @property
    def colour(self) -> Colour:
        """The colour in use. Raises ReleaseRefused where services select different ones."""
        found = in_use(self.selected)
        if found is None:
            said = ", ".join(f"{name} {colour}" for name, colour in self.selected.items())
            raise ReleaseRefused(
                f"The services select different colours, and no release is under way: {said}.",
                hint="Point them all at one whose pods are ready: kubectl patch service NAME -p "
                f'\'{{"spec":{{"selector":{{"{COLOUR}":"blue"}}}}}}\'.',
            )
        return found

    def image(self, colour: Colour) -> str:
        """The image of `colour`. Raises ReleaseRefused where a service lacks it or they differ."""
        images = {name: image_of(found[colour]) for name, found in self.deployments.items() if colour in found}
        missing = [name for name in self.services if name not in images]
        if missing:
            raise ReleaseRefused(
                f"There is no {', '.join(deployment(name, colour) for name in missing)}, though {colour} is in use.",
                hint="Apply the manifests of k8s for this colour first; see docs/releases.md.",
            )
        if len(set(images.values())) > 1:
            said = ", ".join(f"{name} {image}" for name, image in images.items())
            raise ReleaseRefused(
                f"The services run different images: {said}.", hint="Give all of them one image first."
            )
        return next(iter(images.values()))

    def available(self, colour: Colour) -> dict[str, int]:
        """How many pods of `colour` each service can use."""
        return {name: _count(found.get(colour), "availableReplicas") for name, found in self.deployments.items()}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each Deployment, for people."""
        return [
            {
                "service": name,
                "colour": colour,
                "in use": "yes" if self.selected[name] == colour else "no",
                "image": image_of(found),
                "pods": f"{_count(found, 'availableReplicas')} of {found['spec'].get('replicas', 1)}",
            }
            for name, both in self.deployments.items()
            for colour, found in sorted(both.items())
        ]


async def observe(cluster: Cluster, services: Sequence[str]) -> Standing:
    """How `services` stand. Raises ReleaseRefused where they are not made for two colours, ClusterAway."""
    found: dict[str, Object] = {}
    both: dict[str, dict[Colour, Object]] = {}
    for name in services:
        service = await cluster.get("services", name)
        if service is None or colour_of(service) not in _COLOURS:
            what = "is no Service" if service is None else f"is a Service without {COLOUR} in its selector"
            raise ReleaseRefused(
                f"In namespace {cluster.namespace} there {what}: {name}.",
                hint="Apply the manifests of k8s first, or name the services that a release covers.",
            )
        found[name] = service
        both[name] = {}
        for colour in _COLOURS:
            body = await cluster.get("deployments", deployment(name, colour))
            if body is not None:
                both[name][cast("Colour", colour)] = body
    return Standing(found, both)


async def pods_of(cluster: Cluster, service: str, colour: Colour) -> list[Object]:
    """The pods of `colour` that are to stay."""
    pods = await cluster.find("pods", {COMPONENT: service, COLOUR: colour})
    return [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]


def pod_state(pod: Object) -> PodState:
    """How `pod` stands."""
    status = pod.get("status") or {}
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    waiting = [found["state"]["waiting"].get("reason", "") for found in containers if "waiting" in found["state"]]
    conditions = {found["type"]: found["status"] for found in status.get("conditions") or []}
    return PodState(
        name=pod["metadata"]["name"],
        ready=conditions.get("Ready") == "True",
        waiting=tuple(waiting),
        exits=sum(found.get("restartCount", 0) for found in status.get("containerStatuses") or []),
    )


def has_ended(pod: Object) -> bool:
    """Whether `pod` is deleted and nothing of it runs any more; the node may need a while to clear it away."""
    states = [found["state"] for found in (pod.get("status") or {}).get("containerStatuses") or []]
    # a container that was cleared away before its pod is told as one that waits, though it will not come again
    return bool(pod["metadata"].get("deletionTimestamp")) and not any("running" in state for state in states)


def is_rolled_out(found: Object) -> bool:
    """Whether the Deployment consists of ready pods of its present template alone."""
    status, wanted = found.get("status") or {}, found["spec"].get("replicas", 1)
    counts = {int(status.get(name) or 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    is_seen = int(status.get("observedGeneration") or 0) >= int(found["metadata"].get("generation") or 0)
    return is_seen and wanted > 0 and counts == {wanted}


def uncoloured(standing: Standing) -> Colour:
    """The colour that a release would make."""
    return other(standing.colour)


def _count(found: Object | None, field: str) -> int:
    return 0 if found is None else int((found.get("status") or {}).get(field) or 0)
