"""What `make lint` asks of the workflows: that actionlint finds nothing, and that their steps exist.

It does not know what the workflows do.
"""

import sys

from deployments.checks.check import Check

WORKFLOWS = (
    Check(
        "workflows",
        ("actionlint", "-color=false"),
        "actionlint, or with requirements-dev.lock",
    ),
    Check(
        "steps of workflows",
        (sys.executable, "-m", "deployments.checks.steps"),
        "Python",
    ),
)
