"""`python -m deployments.checks`: runs every check and says in one line each how it ended.

A program that is not installed leaves its check out, which is said; with INSITECHART_LINT_ALL=1, as the pipeline sets
it, that is a failure. It does not know what the checks are about.
"""

import os
import sys
from collections.abc import Sequence

from deployments.checks import compose
from deployments.checks.check import Check, run
from deployments.checks.kubernetes import KUBERNETES
from deployments.checks.monitoring import MONITORING
from deployments.checks.workflows import WORKFLOWS

CHECKS: Sequence[Check] = (*compose.CHECKS, *KUBERNETES, *MONITORING, *WORKFLOWS)


def main() -> int:
    """Returns 1 where a check failed, or was left out though all are wanted."""
    all_wanted = os.environ.get("INSITECHART_LINT_ALL") == "1"
    failed = False
    for check in CHECKS:
        outcome = run(check)
        if outcome.ok:
            sys.stdout.write(f"{check.name}: fine\n")
            continue
        failed = failed or all_wanted or not outcome.missing
        sys.stdout.write(f"{check.name}: {'left out: ' if outcome.missing else 'wrong'}")
        sys.stdout.write(f"{outcome.output}\n" if outcome.missing else f"\n{outcome.output}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
