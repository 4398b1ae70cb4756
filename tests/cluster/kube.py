"""Asks a cluster by kubectl, as a person would. It does not know what is installed there."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("kubectl"))


class KubectlError(Exception):
    """kubectl ended with an error; its words are the message."""


class Kube:
    """The cluster that KUBECONFIG names, seen from one namespace."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def run(self, *arguments: str, stdin: str | None = None, seconds: float = 120) -> str:
        """What `kubectl ARGUMENTS` prints. Raises KubectlError, and TimeoutExpired after so many seconds."""
        done = subprocess.run(
            [PROGRAM, "-n", self.namespace, *arguments],
            input=stdin, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        if done.returncode:
            raise KubectlError(f"kubectl {' '.join(arguments[:6])}: {done.stderr.strip()}\n{done.stdout.strip()}")
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """The object or list that `kubectl get ARGUMENTS` finds."""
        return json.loads(self.run("get", *arguments, "-o", "json"))

    def apply(self, text: str) -> list[str]:
        """Applies the manifests of `text`; a line for each, as kubectl says it."""
        return self.run("apply", "-f", "-", stdin=text, seconds=180).splitlines()

    def execute(self, target: str, *command: str, stdin: str | None = None, seconds: float = 180) -> str:
        """What `command` prints in `target`, as deployment/name."""
        attached = ["-i"] if stdin is not None else []
        return self.run("exec", *attached, target, "--", *command, stdin=stdin, seconds=seconds)

    def rolled_out(self, target: str, seconds: int = 300) -> None:
        """Waits until every pod of `target` is the newest and ready."""
        self.run("rollout", "status", target, f"--timeout={seconds}s", seconds=seconds + 30)

    def until(self, target: str, condition: str, seconds: int = 300) -> None:
        """Waits for a condition of `target`, as condition=complete or delete."""
        self.run("wait", target, f"--for={condition}", f"--timeout={seconds}s", seconds=seconds + 30)

    def served(self) -> set[str]:
        """Every group and version that the API server has, as apps/v1."""
        return set(self.run("api-versions").split())

    def told(self) -> str:
        """What a person would look at when something is wrong: pods, and the last events."""
        return self.run("get", "pods", "-o", "wide") + self.run("get", "events", "--sort-by=.lastTimestamp")[-6000:]


@contextmanager
def explained(kube: Kube) -> Iterator[None]:
    """An error inside carries what the cluster had to tell."""
    try:
        yield
    except (KubectlError, subprocess.TimeoutExpired) as error:
        raise AssertionError(f"{error}\n{kube.told()}") from error


def eventually(look: Callable[[], bool], kube: Kube, seconds: float = 120) -> None:
    """Looks twice a second until `look` is true; fails after so many seconds with what the cluster tells."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, kube.told()
        time.sleep(0.5)
