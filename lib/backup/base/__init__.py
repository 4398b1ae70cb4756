"""Base backups: the whole data folder, copied while the server runs, checked file by file, started as a clone."""
