"""Who asks, and whether they may: identification before routing, guards on the routes."""
