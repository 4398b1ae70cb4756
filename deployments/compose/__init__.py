"""The platform in containers on one machine: what compose.yaml mounts, and what makes its secrets."""
