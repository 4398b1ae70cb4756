"""InsiteChart's flows as Prefect deployments: reads the list in prefect.yaml and serves it on one machine."""
