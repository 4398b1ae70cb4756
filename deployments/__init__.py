"""Ways to run InsiteChart: on one machine from one command, and as Prefect deployments."""
