"""Blue-green on Kubernetes: observe, migrate, deploy, probe, switch, watch, keep or take back. See docs/releases.md."""
