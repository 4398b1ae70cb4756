"""A real cluster: the one that KUBECONFIG names, and a namespace of our own. `make cluster-test` runs these tests."""

import os
from collections.abc import Iterator

import pytest

from tests.cluster.images import Images, named_images
from tests.cluster.kube import Kube
from tests.cluster.platform import Platform

# KUBECONFIG alone is no wish to have it tried: it may name a cluster that people use
collect_ignore_glob = [] if os.environ.get("INSITECHART_CLUSTER_TEST") == "1" else ["test_*.py"]

KEEP = os.environ.get("INSITECHART_CLUSTER_KEEP") == "1"
NAMESPACE = os.environ.get("INSITECHART_CLUSTER_NAMESPACE", "insitechart-test")

_said: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What this cluster could not take, and how long things took, for everybody to see."""
    if _said:
        terminalreporter.section("the cluster")
        for line in _said:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def images() -> Images:
    """The images that are tried."""
    return named_images()


@pytest.fixture(scope="session")
def platform(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform, ready. INSITECHART_CLUSTER_KEEP=1 leaves it there afterwards, and uses what was left so."""
    kube = Kube(NAMESPACE)
    made = Platform(kube, images, tmp_path_factory.mktemp("overlay"))
    try:
        made.install(use_what_is_there=KEEP)
        yield made
    finally:
        _said.extend(made.said)
        if not KEEP:
            with made.timed("removed"):
                made.remove()
            _said.append(made.said[-1])
