"""`python -m deployments.cli`: the command `insitechart` where no console script is installed or wanted."""

from deployments.cli.main import main

main()
