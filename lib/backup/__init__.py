"""Backups: taken, sealed, kept in a store, read back, restored, pruned. It runs PostgreSQL's own programs."""
