"""PostgreSQL as a program: its binaries, and one server of our own in a folder. It knows nothing of tables."""
