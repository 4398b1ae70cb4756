"""What is asked of k8s/ and of the Jobs that runs become. It does not know how."""

import sys

from deployments.checks.check import Check

KUBERNETES = (
    Check("manifests", (sys.executable, "-m", "deployments.checks.manifests"), "make .venv/installed-dev"),
)  # fmt: skip
