"""What rules of the network let through, read as Kubernetes reads them: not every cluster enforces any.

It knows labels of pods, names of namespaces, addresses and single ports, which is what our rules are written in.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

Policy = Mapping[str, Any]


class Place(NamedTuple):
    """An end of a connection: a pod of ours by its `labels`, one of another `namespace`, or an `address`."""

    labels: Mapping[str, str] = {}
    namespace: str | None = None
    address: str | None = None


def pod(component: str, **more: str) -> Place:
    """A pod of ours."""
    return Place({"app.kubernetes.io/component": component, **more})


def lets_through(policies: Sequence[Policy], source: Place, target: Place, port: int) -> bool:
    """Whether `source` may open a TCP connection to `port` of `target`: both sides have a say, where they are ours."""
    leaves = not _ours(source) or _one_allows(policies, "Egress", source, target, port)
    enters = not _ours(target) or _one_allows(policies, "Ingress", target, source, port)
    return leaves and enters


def _ours(place: Place) -> bool:
    return place.namespace is None and place.address is None


def _one_allows(policies: Sequence[Policy], direction: str, subject: Place, other: Place, port: int) -> bool:
    about = [
        one["spec"]
        for one in policies
        if direction in one["spec"]["policyTypes"] and _selects(one["spec"]["podSelector"], subject.labels)
    ]
    rules, end = ("egress", "to") if direction == "Egress" else ("ingress", "from")
    return not about or any(
        _names_port(rule, port) and (end not in rule or any(_is(peer, other) for peer in rule[end]))
        for spec in about
        for rule in spec.get(rules, [])
    )


def _names_port(rule: Mapping[str, Any], port: int) -> bool:
    return "ports" not in rule or any(one["port"] == port and one.get("protocol") == "TCP" for one in rule["ports"])


def _is(peer: Mapping[str, Any], place: Place) -> bool:
    if "ipBlock" in peer:
        if place.address is None:
            return False
        address, block = ip_address(place.address), peer["ipBlock"]
        within = address in ip_network(block["cidr"])
        return within and not any(address in ip_network(one) for one in block.get("except", []))
    if "namespaceSelector" in peer:
        named = {"kubernetes.io/metadata.name": place.namespace or ""}
        return _selects(peer["namespaceSelector"], named) and _selects(peer.get("podSelector", {}), place.labels)
    return _ours(place) and _selects(peer["podSelector"], place.labels)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    given = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    for one in selector.get("matchExpressions", []):
        assert one["operator"] == "In", one
        given = given and labels.get(one["key"]) in one["values"]
    return given
