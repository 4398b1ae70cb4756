"""Names and labels that releases, manifests and people agree on. It does not know who reads them."""

from collections.abc import Iterable
from typing import Final

# what a release covers; each has a Service of its name and a Deployment <name>-<colour>
SERVICES: Final = ("stocks", "sentiment", "users")

APP: Final = "app.kubernetes.io/name"
COMPONENT: Final = "app.kubernetes.io/component"
COLOUR: Final = "insitechart.io/colour"

# which release made an object
RELEASE: Final = "insitechart.io/release"
# on the lease: what is known of releases, as JSON
BOOK: Final = "insitechart.io/releases"

LEASE: Final = "insitechart-release"


def deployment(service: str, colour: str) -> str:
    """The name of a Deployment.

    >>> deployment("stocks", "blue")
    'stocks-blue'
    """
    return f"{service}-{colour}"


def host_among(names: Iterable[str]) -> str:
    """The name that pods are asked for: the first of those that they answer to; empty where every name is allowed.

    >>> host_among(["*.example.com", "api.example.com"])
    'api.example.com'
    """
    return next((name for name in names if "*" not in name), "")
