"""Backups, drills, the log's way to the store and what people were told, as rows."""
