"""What `make lint` asks of files that are not Python: manifests, rules, configurations and workflows."""
