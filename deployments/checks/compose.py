"""The compose file and what it mounts: `make lint` runs these by the programs that would read them.

Whether a file says what is meant only the containers can tell: `make container-test`.
"""

import sys

from deployments.checks.check import Check

CHECKS = (
    Check(
        "compose file",
        (sys.executable, "-m", "deployments.checks.compose_file"),
        "the project's environment; with Docker Compose installed its own `config` is asked, too",
    ),
    Check("gateway", (sys.executable, "-m", "deployments.checks.gateway"), "the project's environment"),
    Check("shell of the image", ("sh", "-n", "deployments/compose/postgres/carry.sh"), "every system"),
    Check("shell of the database", ("sh", "-n", "deployments/compose/postgres/roles.sh"), "every system"),
    Check("shell of health checks", ("bash", "-n", "deployments/healthy.sh"), "bash"),
)
