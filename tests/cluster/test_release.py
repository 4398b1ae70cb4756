"""Releases on a real cluster, under a load of which no request may fail: kept, taken back, killed, cut off.

The tests follow one another: each begins with what the one before has left in use. Those of what goes wrong release one
of the three services, which takes a third of the time.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.kube import eventually
from tests.cluster.platform import Platform
from tests.cluster.release_images import names
from tests.cluster.releasing import SERVICES, Releaser, load

ONE = ("--service", "stocks")

PROXY = Path(__file__).parents[1] / "servers" / "kubernetes_proxy.py"


@pytest.fixture(scope="module")
def releaser(platform: Platform) -> Iterator[Releaser]:
    """A pod that may release, and nothing else."""
    found = Releaser(platform)
    found.start()
    yield found
    found.die()


@pytest.fixture(scope="module")
def versions(platform: Platform) -> dict[str, str]:
    """The images of `python -m tests.cluster.release_images`, which the cluster must have."""
    return names(platform.images.insitechart) | {"blue": platform.images.insitechart}


def deployed(colour: str, image: str) -> dict[str, str]:
    return {f"{service}-{colour}": image for service in SERVICES}


def test_green_is_released_without_a_failed_request(
    platform: Platform, releaser: Releaser, versions: dict[str, str]
) -> None:
    with load(platform.kube) as answers, platform.timed("green released"):
        done = releaser.release(versions["green"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers.failed == {}
    assert answers.answers["200"] > 200
    platform.said.append(f"{answers.answers['200']} requests while green was released, none failed")
    assert set(releaser.colours().values()) == {"green"}
    assert releaser.deployments() == deployed("green", versions["green"])


def test_back_over_an_api_server_that_fails_every_third_request(
    platform: Platform, releaser: Releaser, versions: dict[str, str]
) -> None:
    kube = platform.kube
    kube.execute("pod/releaser", "sh", "-c", "cat > /tmp/proxy.py", stdin=PROXY.read_text())
    script = (
        "python /tmp/proxy.py 18001 /tmp/kubeconfig & until [ -e /tmp/kubeconfig ]; do sleep 0.2; done; "
        'env -u KUBERNETES_SERVICE_HOST KUBECONFIG=/tmp/kubeconfig "$@"; ended=$?; kill $!; exit $ended'
    )
    with load(kube) as answers, platform.timed("back to blue over a bad line"):
        done = releaser.release(
            "--back", "--watch", "5", "--namespace", kube.namespace, before=("sh", "-c", script, "sh")
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(kube.execute("pod/releaser", "cat", "/tmp/failed")) > 10
    assert answers.failed == {}
    assert releaser.deployments() == deployed("blue", versions["blue"])


@pytest.mark.parametrize(
    ("version", "why"), [("never", "does not stay up"), ("500", "answers 500"), ("late", "requests failed")]
)
def test_a_bad_version_is_taken_back(
    platform: Platform, releaser: Releaser, versions: dict[str, str], version: str, why: str
) -> None:
    with load(platform.kube) as answers, platform.timed(f"{version} taken back"):
        done = releaser.release(versions[version], *ONE, "--watch", "10")
    assert done.returncode == 1, done.stdout + done.stderr
    assert why in done.stderr
    assert "is taken back" in done.stderr
    if version != "late":
        assert answers.failed == {}
    platform.said.append(
        f"{version}: {sum(answers.failed.values())} of {sum(answers.answers.values())} requests failed"
    )
    assert set(releaser.colours().values()) == {"blue"}
    assert releaser.deployments() == deployed("blue", versions["blue"])


def test_a_worker_killed_after_the_switch_leaves_both_colours_and_the_next_ends_it(
    platform: Platform, releaser: Releaser, versions: dict[str, str]
) -> None:
    kube = platform.kube
    with load(kube) as answers, platform.timed("killed after the switch, and ended by the next"):
        dying = releaser.begin(versions["green"], *ONE, "--watch", "120")
        eventually(lambda: (releaser.book().get("current") or {}).get("phase") == "watching", kube)
        refused = releaser.release(versions["late"])
        assert "Another release is under way" in refused.stderr
        releaser.die()
        dying.communicate(timeout=60)
        assert releaser.colours()["stocks"] == "green"
        assert releaser.deployments() == deployed("blue", versions["blue"]) | {"stocks-green": versions["green"]}
        releaser.start()
        ended: list[subprocess.CompletedProcess[str]] = []

        def end() -> bool:
            # refused until the lock of the dead one has run out
            ended.append(releaser.release(*ONE, "--watch", "5"))
            return "Another release is under way" not in ended[-1].stderr

        eventually(end, kube)
        assert ended[-1].returncode == 0, ended[-1].stdout + ended[-1].stderr
    assert answers.failed == {}
    released = deployed("blue", versions["blue"]) | {"stocks-green": versions["green"]}
    del released["stocks-blue"]
    assert releaser.deployments() == released


def test_back_to_where_it_began(platform: Platform, releaser: Releaser, versions: dict[str, str]) -> None:
    with load(platform.kube) as answers:
        done = releaser.release("--back", *ONE, "--watch", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers.failed == {}
    assert releaser.deployments() == deployed("blue", versions["blue"])
